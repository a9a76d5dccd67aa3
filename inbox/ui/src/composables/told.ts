import { onScopeDispose, watch } from 'vue'
import { api, outcome } from '@/api/client'
import type { BridgeThread } from '@/api/types'
import { useBeside } from './owed'

/** A place is told a moment after the conversation has moved, and no event says so: how long after each look comes the next, in ms. */
const lookAgain = [2_000, 5_000, 15_000, 60_000]

/** Neither told yet nor known to be out of reach. */
export const waits = (thread: BridgeThread) => !thread.at && !thread.problem

/** Where departments were told of a conversation, beside the desk. Looked at once more after each move, then as long as a place waits. */
export function useTold(id: () => string, version: () => number) {
  const told = useBeside<BridgeThread[]>(id, version, (id) => outcome(api.GET('/conversations/{id}/threads', { params: { path: { id } } })))
  let timer: ReturnType<typeof setTimeout> | undefined

  function later(look: number) {
    clearTimeout(timer)
    if (look < lookAgain.length) timer = setTimeout(() => void again(look), lookAgain[look])
  }

  async function again(look: number) {
    const mine = timer
    await told.load()
    if (mine === timer && told.value.value?.some(waits)) later(look + 1)
  }

  watch([id, version], () => later(0), { immediate: true })
  onScopeDispose(() => {
    clearTimeout(timer)
    timer = undefined
  })
  return told
}
