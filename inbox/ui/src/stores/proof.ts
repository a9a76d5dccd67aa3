import { defineStore } from 'pinia'
import { ref } from 'vue'
import { api, outcome, whenProofIsNeeded } from '@/api/client'
import type { Problem } from '@/api/types'

/** The password asked for again, before what changes rights, tokens or how one logs in. */
export const useProof = defineStore('proof', () => {
  const asking = ref(false)
  let answered: (given: boolean) => void = () => {}
  let answer: Promise<boolean> | undefined

  /** Several requests at once are asked for together. */
  function ask(): Promise<boolean> {
    answer ??= new Promise<boolean>((resolve) => (answered = resolve)).finally(() => (answer = undefined))
    asking.value = true
    return answer
  }

  async function prove(password: string): Promise<Problem | undefined> {
    const { problem } = await outcome(api.POST('/session/proof', { body: { password } }))
    if (!problem) close(true)
    return problem
  }

  function close(given: boolean) {
    asking.value = false
    answered(given)
  }

  whenProofIsNeeded(ask)
  return { asking, prove, close }
})
