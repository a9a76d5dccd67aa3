import { api, outcome, type Outcome } from '@/api/client'
import type { components } from '@/api/schema.gen'
import type { Conversation, Problem } from '@/api/types'
import { useConversations } from '@/stores/conversations'

type Schemas = components['schemas']
export type Incident = Schemas['Incident']
export type IncidentDetail = Schemas['IncidentDetail']
export type Merge = Schemas['Merge']
export type MergePreview = Schemas['MergePreview']
export type Person = Schemas['Person']
export type Reached = Schemas['Reached']
export type ReferralChoice = Schemas['ReferralChoice']
export type Screening = Schemas['Screening']

/** What opens a dialog of a matter. */
export type MatterAct = 'snooze' | 'screen' | 'refer' | 'incident' | 'labels'

/** What changes a matter besides the common acts. The changed matter goes to the store; the answer is what is wrong. */
export function useMatterActs() {
  const conversations = useConversations()

  async function kept(request: Promise<Outcome<Conversation>>): Promise<Problem | undefined> {
    const { data, problem } = await request
    if (data) conversations.put(data)
    return problem
  }

  const on = (id: string) => ({ params: { path: { id } } })

  return {
    snooze: (id: string, until: Date) =>
      kept(outcome(api.PUT('/conversations/{id}/snooze', { ...on(id), body: { until: until.toISOString() } }))),
    wake: (id: string) => kept(outcome(api.DELETE('/conversations/{id}/snooze', on(id)))),
    screen: (id: string, body: Screening) => kept(outcome(api.POST('/conversations/{id}/screen', { ...on(id), body }))),
    refer: (id: string, body: Schemas['Referral']) => kept(outcome(api.POST('/conversations/{id}/refer', { ...on(id), body }))),
    control: (id: string, held: boolean) => kept(outcome(api.PUT('/conversations/{id}/control', { ...on(id), body: { held } }))),
    hide: (id: string, message: string, hidden: boolean) =>
      kept(outcome(api.PUT('/conversations/{id}/messages/{message}/hidden', { params: { path: { id, message } }, body: { hidden } }))),
    reopen: (id: string) => kept(outcome(api.POST('/conversations/{id}/reopen', on(id)))),
    label: (id: string, labels: string[]) => kept(outcome(api.PUT('/conversations/{id}/labels', { ...on(id), body: { labels } }))),
    gather: (id: string, body: { title?: string; incident?: string }) =>
      kept(outcome(api.PUT('/conversations/{id}/incident', { ...on(id), body }))),
    scatter: (id: string) => kept(outcome(api.DELETE('/conversations/{id}/incident', on(id)))),
    addReport: (incident: string, code: string) =>
      kept(outcome(api.POST('/incidents/{id}/reports', { ...on(incident), body: { code } }))),
  }
}
