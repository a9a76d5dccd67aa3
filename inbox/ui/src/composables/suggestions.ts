import { onScopeDispose, ref, watch } from 'vue'
import { api, outcome } from '@/api/client'
import type { EntryHit, Problem } from '@/api/types'
import { useLive } from '@/stores/live'

/** The entries nearest to the citizen's last question, found anew with each question and each change of the knowledge. */
export function useSuggestions(conversation: () => string, question: () => string) {
  const hits = ref<EntryHit[]>([])
  const problem = ref<Problem>()
  const loading = ref(false)
  let turn = 0

  async function load() {
    const mine = ++turn
    loading.value = true
    const answer = await outcome(api.GET('/conversations/{id}/suggestions', { params: { path: { id: conversation() } } }))
    if (mine !== turn) return
    loading.value = false
    problem.value = answer.problem
    hits.value = answer.data ?? []
  }

  watch([conversation, question], () => void load(), { immediate: true })
  onScopeDispose(useLive().listen((event) => void (event.kind === 'knowledge.changed' && load())))
  onScopeDispose(() => turn++)

  return { hits, problem, loading, load }
}
