import { ref, watch } from 'vue'
import { api, outcome, type Outcome } from '@/api/client'
import type { Alarm, Charge, Conversation, Problem, PromiseRow } from '@/api/types'
import { useConversations } from '@/stores/conversations'

/** What belongs to a conversation and is read anew whenever it has moved on. */
export function useBeside<T>(id: () => string, version: () => number, read: (id: string) => Promise<Outcome<T>>) {
  const value = ref<T>()
  const problem = ref<Problem>()

  async function load() {
    const answer = await read(id())
    value.value = answer.data ?? value.value
    problem.value = answer.problem
  }
  watch([id, version], () => void load(), { immediate: true })
  return { value, problem, load }
}

const on = (id: string) => ({ params: { path: { id } } })

/** What was and is owed in a conversation, the newest first. */
export const usePromises = (id: () => string, version: () => number) =>
  useBeside<PromiseRow[]>(id, version, (id) => outcome(api.GET('/conversations/{id}/promises', on(id))))

/** Whom an alarm has reached. */
export const useAlarm = (id: () => string, version: () => number) =>
  useBeside<Alarm>(id, version, (id) => outcome(api.GET('/conversations/{id}/alarm', on(id))))

/** Who would be in charge of a conversation, and by when an answer is usually promised. */
export async function readCharge(id: string): Promise<Charge | undefined> {
  return (await outcome(api.GET('/conversations/{id}/charge', on(id)))).data
}

/** The forms by which a matter is promised, given back, or shared. Each answers what was wrong. */
export function useOwedActs(conversation: () => Conversation) {
  const conversations = useConversations()

  async function act(request: (id: string) => Promise<Outcome<Conversation>>): Promise<Problem | undefined> {
    const { data, problem } = await request(conversation().id)
    if (data) conversations.put(data)
    return problem
  }

  return {
    promise: (due: string, text: string, note: string, key: string) =>
      act((id) => outcome(api.POST('/conversations/{id}/promises', { ...on(id), body: { due, text, note: note || undefined, key } }))),
    withdraw: (reason: string) => act((id) => outcome(api.POST('/conversations/{id}/promises/withdraw', { ...on(id), body: { reason } }))),
    giveBack: (reason: string) => act((id) => outcome(api.POST('/conversations/{id}/return', { ...on(id), body: { reason } }))),
    contribute: (departments: string[], note: string) =>
      act((id) => outcome(api.PUT('/conversations/{id}/contributing', { ...on(id), body: { departments, note: note || undefined } }))),
    confirmAlarm: () => act((id) => outcome(api.POST('/conversations/{id}/alarm/confirm', on(id)))),
  }
}
