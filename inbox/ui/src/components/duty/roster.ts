import { ref, shallowRef } from 'vue'
import { api, asForm, outcome, type Outcome } from '@/api/client'
import type { Problem } from '@/api/types'
import type { Roster, RosterChange, RosterPlan, RosterPreview, RosterUndoing } from './types'

/** The roster of some days, with the last change that can be undone. */
export function useRoster(span: () => { from: string; until: string }, manages: () => boolean) {
  const roster = shallowRef<Roster>()
  const problem = ref<Problem>()
  const last = shallowRef<RosterChange>()
  let asked = 0

  async function load() {
    const mine = ++asked
    const [answer, change] = await Promise.all([
      outcome(api.GET('/duty/roster', { params: { query: span() } })),
      manages() ? outcome(api.GET('/duty/roster/last')) : undefined,
    ])
    if (mine !== asked) return // other days were asked for meanwhile
    problem.value = answer.problem
    roster.value = answer.data ?? roster.value
    last.value = change?.data?.change
  }

  return { roster, problem, last, load }
}

/** One way of changing the roster: looked at first, then applied. */
export interface Planning {
  preview(): Promise<Outcome<RosterPreview>>
  apply(revision: string): Promise<Outcome<RosterPreview>>
}

export function planning(plan: () => RosterPlan): Planning {
  return {
    preview: () => outcome(api.POST('/duty/roster/preview', { body: plan() })),
    apply: (revision) => outcome(api.POST('/duty/roster', { body: { plan: plan(), revision } })),
  }
}

/** A workbook. Its terms come before the file, because the server reads the form as it comes. */
export function sheetPlanning(file: () => File, skip: () => boolean): Planning {
  const send = (revision?: string) =>
    outcome(
      api.POST('/duty/roster/file', {
        body: { ...(revision === undefined ? {} : { revision }), skip: skip() ? 'true' : 'false', file: file() as unknown as string },
        bodySerializer: asForm,
      }),
    )
  return { preview: () => send(), apply: send }
}

export function undoChange(id: string, rest: boolean): Promise<Outcome<RosterUndoing>> {
  return outcome(api.POST('/duty/roster/changes/{id}/undo', { params: { path: { id } }, body: { rest } }))
}
