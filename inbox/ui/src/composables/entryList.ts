import { onScopeDispose, ref, shallowRef, watch } from 'vue'
import { api, outcome } from '@/api/client'
import type { Entry, EntryStatus, Problem } from '@/api/types'

export interface EntryFilter {
  q?: string
  department?: string
  category?: string
  status?: EntryStatus
  due?: 'unconfirmed' | 'ending'
}

/** The knowledge base page by page, narrowed. A change of the filter begins anew, a moment after the last key. */
export function useEntryList(filter: () => EntryFilter) {
  const entries = shallowRef<Entry[]>([])
  const total = ref<number>()
  const next = ref<string>()
  const state = ref<'loading' | 'ready' | 'failed'>('loading')
  const problem = ref<Problem>()
  const loadingMore = ref(false)
  let turn = 0

  const page = (after?: string) =>
    outcome(api.GET('/knowledge/entries', { params: { query: { ...filter(), after, limit: 100 } } }))

  async function load() {
    const mine = ++turn
    if (entries.value.length === 0) state.value = 'loading'
    const answer = await page()
    if (mine !== turn) return
    problem.value = answer.problem
    state.value = answer.data ? 'ready' : 'failed'
    entries.value = answer.data?.entries ?? []
    total.value = answer.data?.total ?? total.value
    next.value = answer.data?.next
  }

  async function loadMore() {
    if (!next.value || loadingMore.value) return
    const mine = turn
    loadingMore.value = true
    const answer = await page(next.value)
    loadingMore.value = false
    if (mine !== turn) return
    problem.value = answer.problem
    if (!answer.data) return
    entries.value = [...entries.value, ...answer.data.entries]
    next.value = answer.data.next
  }

  let timer: ReturnType<typeof setTimeout> | undefined
  watch(
    () => JSON.stringify(filter()),
    () => {
      clearTimeout(timer)
      timer = setTimeout(() => void load(), 200)
    },
  )
  onScopeDispose(() => {
    clearTimeout(timer)
    turn++
  })
  void load()

  return { entries, total, next, state, problem, loadingMore, load, loadMore }
}
