import { computed, ref } from 'vue'
import { api, asForm, outcome } from '@/api/client'
import type { ImportPlan, Problem } from '@/api/types'

export type Step = 'file' | 'check' | 'done'

/**
 * Bringing an Excel file into the knowledge base in three steps: choose the
 * file, see its problems and what would change, apply. The plan stays on the
 * screen whatever goes wrong later.
 */
export function useExcelImport() {
  const file = ref<File>()
  const plan = ref<ImportPlan>()
  const applied = ref<ImportPlan>()
  const problem = ref<Problem>()
  const busy = ref<'preview' | 'apply'>()

  const step = computed<Step>(() => (applied.value ? 'done' : plan.value ? 'check' : 'file'))
  // What the file does not have is listed, but stays as it is.
  const changes = computed(() => (plan.value ? plan.value.counts.new + plan.value.counts.changed : 0))
  const applicable = computed(() => plan.value !== undefined && plan.value.problems.length === 0 && changes.value > 0)
  /** Somebody changed the knowledge after the preview: it must be looked at again. */
  const outdated = computed(() => step.value === 'check' && problem.value?.code === 'conflict')

  async function preview(chosen: File) {
    file.value = chosen
    busy.value = 'preview'
    problem.value = undefined
    const answer = await outcome(
      api.POST('/knowledge/imports/preview', { body: { file: chosen as unknown as string }, bodySerializer: asForm }),
    )
    busy.value = undefined
    problem.value = answer.problem
    if (answer.data) plan.value = answer.data
  }

  async function apply() {
    if (!file.value || !plan.value || !applicable.value || busy.value) return
    busy.value = 'apply'
    problem.value = undefined
    const answer = await outcome(
      api.POST('/knowledge/imports', {
        // The server reads the form as it comes, and wants to know the revision before the file.
        body: { revision: plan.value.revision, file: file.value as unknown as string },
        bodySerializer: asForm,
      }),
    )
    busy.value = undefined
    problem.value = answer.problem
    applied.value = answer.data
  }

  function again() {
    file.value = undefined
    plan.value = undefined
    applied.value = undefined
    problem.value = undefined
  }

  return { file, plan, applied, problem, busy, step, changes, applicable, outdated, preview, apply, again }
}
