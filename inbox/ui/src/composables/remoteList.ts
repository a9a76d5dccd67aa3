import { ref, shallowRef } from 'vue'
import type { Outcome } from '@/api/client'
import type { Problem } from '@/api/types'

/** A short list that is fetched whole: loading, ready or failed. */
export function useRemoteList<T extends { id: string }>(fetch: () => Promise<Outcome<T[]>>) {
  const rows = shallowRef<T[]>([])
  const state = ref<'loading' | 'ready' | 'failed'>('loading')
  const problem = ref<Problem>()

  async function load() {
    const answer = await fetch()
    problem.value = answer.problem
    if (answer.data) rows.value = answer.data
    state.value = answer.data ? 'ready' : 'failed'
  }

  function drop(id: string) {
    rows.value = rows.value.filter((row) => row.id !== id)
  }

  void load()
  return { rows, state, problem, load, drop }
}
