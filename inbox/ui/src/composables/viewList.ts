import { computed, onScopeDispose, ref, shallowRef, watch } from 'vue'
import { api, outcome } from '@/api/client'
import type { Problem } from '@/api/types'
import { positionIn, useConversations, type ViewSpec } from '@/stores/conversations'
import { useLive } from '@/stores/live'
import type { Position } from '@/stores/rowOrder'
import { useViewRows } from './viewRows'

const pageSize = 50

/** One list of the desk: its pages, kept in order by live events. */
export function useViewList(spec: () => ViewSpec) {
  const conversations = useConversations()
  const live = useLive()
  const state = ref<'loading' | 'ready' | 'failed'>('loading')
  const problem = ref<Problem>()
  const next = ref<string>()
  const loadedTo = shallowRef<Position>()
  const loadingMore = ref(false)
  let turn = 0

  const rows = useViewRows(spec)
  const ids = computed(() => (state.value === 'ready' ? rows(next.value ? loadedTo.value : undefined) : []))

  async function load() {
    const mine = ++turn
    state.value = 'loading'
    next.value = undefined
    loadedTo.value = undefined
    loadingMore.value = false
    const page = await fetchPage()
    if (mine !== turn) return
    problem.value = page.problem
    state.value = page.problem ? 'failed' : 'ready'
  }

  /** Loads the next page; answers the ids it brought. */
  async function loadMore(): Promise<string[]> {
    if (!next.value || loadingMore.value) return []
    const mine = turn
    loadingMore.value = true
    const page = await fetchPage(next.value)
    if (mine !== turn) return []
    loadingMore.value = false
    problem.value = page.problem
    return page.ids
  }

  async function fetchPage(cursor?: string): Promise<{ ids: string[]; problem?: Problem }> {
    const mine = turn
    const { saved: _, ...wanted } = spec()
    const { data, problem } = await outcome(
      api.GET('/conversations', { params: { query: { ...wanted, cursor, limit: pageSize } } }),
    )
    if (!data || mine !== turn) return { ids: [], problem }
    for (const conversation of data.conversations) conversations.put(conversation)
    const last = data.conversations.at(-1)
    if (last) loadedTo.value = positionIn(wanted, last) ?? loadedTo.value
    next.value = data.next
    live.start(data.event)
    return { ids: data.conversations.map((c) => c.id) }
  }

  watch([() => JSON.stringify(spec()), () => live.reloads], () => void load(), { immediate: true })
  onScopeDispose(() => turn++)

  return { ids, state, problem, more: computed(() => next.value !== undefined), loadingMore, load, loadMore }
}
