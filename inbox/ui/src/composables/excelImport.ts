import { computed, ref } from 'vue'
import { api, asForm, outcome } from '@/api/client'
import type { Import, ImportPlan, Problem, Undoing } from '@/api/types'

export type Step = 'file' | 'check' | 'done'

/**
 * Bringing a file into the knowledge base in three steps: choose the file, see
 * its problems and what would change, apply. The plan stays on the screen
 * whatever goes wrong later. The last import can be undone.
 */
export function useExcelImport() {
  const file = ref<File>()
  const plan = ref<ImportPlan>()
  const applied = ref<ImportPlan>()
  const retire = ref(false)
  const last = ref<Import>()
  const undoing = ref<Undoing>()
  const problem = ref<Problem>()
  const busy = ref<'preview' | 'apply' | 'undo'>()

  const step = computed<Step>(() => (applied.value ? 'done' : plan.value ? 'check' : 'file'))
  // What the file does not have is listed, and stays as it is unless that is asked for.
  const changes = computed(() => {
    const counts = plan.value?.counts
    return counts ? counts.new + counts.changed + (retire.value ? counts.missing : 0) : 0
  })
  const applicable = computed(() => plan.value !== undefined && plan.value.problems.length === 0 && changes.value > 0)
  /** Somebody changed the knowledge after the preview: it must be looked at again. */
  const outdated = computed(() => step.value === 'check' && problem.value?.code === 'conflict')

  /** Asks which import could be undone. That it cannot be told is no reason to stop anybody. */
  async function lookBack() {
    const answer = await outcome(api.GET('/knowledge/imports/last'))
    if (answer.data) last.value = answer.data.import
  }

  async function preview(chosen: File) {
    file.value = chosen
    busy.value = 'preview'
    problem.value = undefined
    const answer = await outcome(
      api.POST('/knowledge/imports/preview', { body: { file: chosen as unknown as string }, bodySerializer: asForm }),
    )
    busy.value = undefined
    problem.value = answer.problem
    if (!answer.data) return
    plan.value = answer.data
    retire.value = false
    undoing.value = undefined
  }

  async function apply() {
    if (!file.value || !plan.value || !applicable.value || busy.value) return
    busy.value = 'apply'
    problem.value = undefined
    const answer = await outcome(
      api.POST('/knowledge/imports', {
        // The server reads the form as it comes, and wants to know its terms before the file.
        body: { revision: plan.value.revision, retire: retire.value ? 'true' : 'false', file: file.value as unknown as string },
        bodySerializer: asForm,
      }),
    )
    busy.value = undefined
    problem.value = answer.problem
    if (!answer.data) return
    applied.value = answer.data
    await lookBack()
  }

  /** Takes the last import back; with rest, without what others have changed since. */
  async function undo(rest: boolean) {
    if (!last.value || busy.value) return
    busy.value = 'undo'
    problem.value = undefined
    const answer = await outcome(
      api.POST('/knowledge/imports/{id}/undo', { params: { path: { id: last.value.id } }, body: { rest } }),
    )
    busy.value = undefined
    problem.value = answer.problem
    undoing.value = answer.data
  }

  function again() {
    file.value = undefined
    plan.value = undefined
    applied.value = undefined
    undoing.value = undefined
    problem.value = undefined
    void lookBack()
  }

  return { file, plan, applied, retire, last, undoing, problem, busy, step, changes, applicable, outdated, lookBack, preview, apply, undo, again }
}
