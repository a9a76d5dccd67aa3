import { onScopeDispose, ref, shallowRef, watch } from 'vue'
import { api, outcome } from '@/api/client'
import type { ChannelShowing, EntryText, Problem } from '@/api/types'

/** How long nothing is typed before what was typed is shown, in ms. */
export const pauseInTyping = 400

/**
 * How citizens would see an entry, kept up while it is being written: shown at once when
 * it is opened, then after each pause. A slow answer never replaces a newer one, and what
 * was shown last stays until the next is there.
 */
export function usePreview(entry: () => string, text: () => EntryText) {
  const showings = shallowRef<ChannelShowing[]>([])
  const problem = ref<Problem>()
  let turn = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  async function load() {
    const mine = ++turn
    const written = text()
    if (!written.question.trim() || !written.answer.trim()) {
      showings.value = []
      problem.value = undefined
      return
    }
    const answer = await outcome(api.POST('/knowledge/preview', { body: { entry: entry(), text: written } }))
    if (mine !== turn) return
    problem.value = answer.problem
    if (answer.data) showings.value = answer.data
  }

  watch(
    () => JSON.stringify([entry(), text()]),
    () => {
      clearTimeout(timer)
      timer = setTimeout(() => void load(), pauseInTyping)
    },
  )
  void load()
  onScopeDispose(() => {
    clearTimeout(timer)
    turn++
  })

  return { showings, problem, load }
}
