import { onScopeDispose, ref, shallowRef } from 'vue'
import { api, outcome, type Outcome } from '@/api/client'
import type { Entry, EntryAct, EntryLife, EntryText, Problem } from '@/api/types'
import { useLive } from '@/stores/live'

/** An entry with its draft and its history, and the steps it can take. */
export function useEntryLife(id: string) {
  const life = shallowRef<EntryLife>()
  const problem = ref<Problem>()
  const path = { path: { id } }

  async function load() {
    const answer = await outcome(api.GET('/knowledge/entries/{id}/life', { params: path }))
    problem.value = answer.problem
    if (answer.data) life.value = answer.data
  }

  /** What the server answered is what is shown from then on; nothing, when the entry is gone. */
  function take(answer: Outcome<EntryLife | undefined>): Problem | undefined {
    if (!answer.problem) life.value = answer.data
    return answer.problem
  }

  const act = async (act: EntryAct) => take(await outcome(api.POST('/knowledge/entries/{id}/acts', { params: path, body: act })))
  const contribute = async (departments: string[]) =>
    take(await outcome(api.PUT('/knowledge/entries/{id}/contributing', { params: path, body: { departments } })))

  onScopeDispose(useLive().listen((event) => void (event.kind === 'knowledge.changed' && load())))
  void load()
  return { life, problem, load, act, contribute, take }
}

/** What people write of an entry. */
export function textOf(entry: Entry): EntryText {
  const { question, variants, answer, category, department, source, valid_from, valid_until, files } = entry
  return { question, variants, answer, category, department, source, valid_from, valid_until, files }
}

export const emptyText: EntryText = { question: '', variants: [], answer: '', category: '', department: '' }
