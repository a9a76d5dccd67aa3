import { ref } from 'vue'
import { api, outcome, type Outcome } from '@/api/client'
import type { Conversation, Message } from '@/api/types'
import { useConversations } from '@/stores/conversations'
import { useToasts } from '@/stores/toasts'
import { explain } from './explain'

/** What a member does with a conversation. Each answers whether it was done; a refusal is told to the person. */
export function useActions() {
  const conversations = useConversations()
  const toasts = useToasts()
  const busy = ref(false)

  // What is done while something else is on its way waits for it: a key that was pressed early is not lost.
  // The same once more is a slip.
  const waiting: string[] = []
  let line: Promise<unknown> = Promise.resolve()

  async function act(what: string, request: () => Promise<Outcome<Conversation>>): Promise<boolean> {
    if (waiting.includes(what)) return false
    waiting.push(what)
    busy.value = true
    const asked = line.then(request)
    line = asked.catch(() => undefined)
    try {
      const { data, problem } = await asked
      if (data) conversations.put(data)
      if (problem) toasts.fail(explain(problem))
      return data !== undefined
    } finally {
      waiting.splice(waiting.indexOf(what), 1)
      busy.value = waiting.length > 0
    }
  }

  const on = (id: string) => ({ params: { path: { id } } })

  return {
    busy,
    take: (id: string) => act('take', () => outcome(api.POST('/conversations/{id}/take', on(id)))),
    /** An empty member gives it back to nobody. */
    assign: (id: string, member: string) =>
      act('assign', () => outcome(api.POST('/conversations/{id}/assign', { ...on(id), body: { member } }))),
    /** An empty department gives it back to the desk. */
    transfer: (id: string, department: string, note: string) =>
      act('transfer', () => outcome(api.POST('/conversations/{id}/transfer', { ...on(id), body: { department, note: note || undefined } }))),
    file: (id: string, category: string) =>
      act('file', () => outcome(api.PUT('/conversations/{id}/category', { ...on(id), body: { category } }))),
    urgent: (id: string, urgent: boolean) =>
      act('urgent', () => outcome(api.PUT('/conversations/{id}/urgent', { ...on(id), body: { urgent } }))),
    resolve: (id: string) => act('resolve', () => outcome(api.POST('/conversations/{id}/resolve', on(id)))),
    reopen: (id: string) => act('reopen', () => outcome(api.POST('/conversations/{id}/reopen', on(id)))),
    /** Read up to a message; 0 makes it unread again. */
    async read(id: string, seq: number) {
      const { data } = await outcome(api.PUT('/conversations/{id}/read', { ...on(id), body: { seq } }))
      if (data) conversations.put(data)
      return data !== undefined
    },
    async retry(message: string): Promise<Message | undefined> {
      const { data, problem } = await outcome(api.POST('/messages/{id}/retry', on(message)))
      if (problem) toasts.fail(explain(problem))
      return data
    },
  }
}

export type Actions = ReturnType<typeof useActions>
