import { computed, onScopeDispose, ref, shallowRef, watch } from 'vue'
import { api, outcome } from '@/api/client'
import type { FoundConversation, Problem } from '@/api/types'
import type { Incident } from '@/components/matter/acts'
import { useConversations } from '@/stores/conversations'

// What is shown is kept on record, so nothing is asked for in the middle of a word.
const pauseInTyping = 350
const pageSize = 20

/** Finds conversations by what was said in them, while one types; a slow answer never replaces a newer one. */
export function useMessageSearch() {
  const conversations = useConversations()
  const words = ref('')
  const found = shallowRef<readonly FoundConversation[]>([])
  const state = ref<'loading' | 'ready' | 'failed'>('ready')
  const problem = ref<Problem>()
  /** Incidents that are called so. */
  const incidents = shallowRef<readonly Incident[]>([])
  /** Older messages are still being read in, and are not found yet. */
  const partial = ref(false)
  const next = ref<number>()
  const loadingMore = ref(false)
  let turn = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  const active = computed(() => words.value.trim() !== '')
  const ids = computed(() => found.value.map((f) => f.conversation.id))

  async function search() {
    clearTimeout(timer)
    turn++
    loadingMore.value = false
    if (!active.value) {
      found.value = incidents.value = []
      next.value = undefined
      state.value = 'ready'
      return
    }
    state.value = 'loading'
    const page = await fetchPage()
    if (!page) return
    problem.value = page.problem
    state.value = page.problem ? 'failed' : 'ready'
    found.value = page.found
  }

  async function loadMore() {
    if (!next.value || loadingMore.value) return
    loadingMore.value = true
    const page = await fetchPage(next.value)
    if (!page) return
    loadingMore.value = false
    problem.value = page.problem
    // What is said meanwhile may have moved one of them down a page.
    found.value = [...found.value, ...page.found.filter((f) => !ids.value.includes(f.conversation.id))]
  }

  async function fetchPage(after?: number) {
    const mine = turn
    const { data, problem } = await outcome(
      api.GET('/search', { params: { query: { q: words.value.trim(), after, limit: pageSize } } }),
    )
    if (mine !== turn) return undefined
    if (!data) return { found: [], problem }
    for (const { conversation } of data.found) conversations.put(conversation)
    next.value = data.next
    partial.value = data.partial
    if (after === undefined) incidents.value = data.incidents ?? []
    return { found: data.found }
  }

  function clear() {
    words.value = ''
    void search()
  }

  watch(words, () => {
    turn++
    clearTimeout(timer)
    if (!active.value) void search()
    else {
      state.value = 'loading'
      timer = setTimeout(() => void search(), pauseInTyping)
    }
  })
  onScopeDispose(() => {
    turn++
    clearTimeout(timer)
  })

  return { words, active, found, ids, state, problem, partial, incidents, more: computed(() => next.value !== undefined), loadingMore, search, loadMore, clear }
}

export type MessageSearch = ReturnType<typeof useMessageSearch>
