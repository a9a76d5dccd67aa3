import { ref, watch } from 'vue'
import { api, outcome } from '@/api/client'
import type { EntryHit, Problem } from '@/api/types'

const pauseInTyping = 150

/** Finds entries while one types; a slow answer never replaces a newer one. */
export function useKnowledgeSearch() {
  const words = ref('')
  const hits = ref<EntryHit[]>([])
  const problem = ref<Problem>()
  const searching = ref(false)
  let turn = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  async function search() {
    const mine = ++turn
    const q = words.value.trim()
    if (!q) {
      hits.value = []
      searching.value = false
      return
    }
    const answer = await outcome(api.GET('/knowledge/search', { params: { query: { q, limit: 12 } } }))
    if (mine !== turn) return
    searching.value = false
    problem.value = answer.problem
    hits.value = answer.data ?? []
  }

  watch(words, () => {
    searching.value = words.value.trim() !== ''
    clearTimeout(timer)
    timer = setTimeout(() => void search(), pauseInTyping)
  })

  return { words, hits, problem, searching, search }
}
