import { ref, shallowRef } from 'vue'
import { api, outcome } from '@/api/client'
import type { BulkOrder, Conversation, Problem } from '@/api/types'
import { t } from '@/i18n'
import { useConversations } from '@/stores/conversations'
import { useSession } from '@/stores/session'
import { useToasts } from '@/stores/toasts'
import { explain } from './explain'

/** What is asked for, without the conversations it is asked of. */
export type BulkAct = Omit<BulkOrder, 'conversations'>

/** One that was not done, and why. */
export interface Refused {
  conversation: Conversation
  why: string
}

/** The server takes more at a time; fewer show sooner how far it has come. */
const atATime = 10

/** Does one act with many conversations, and says of each what became of it. */
export function useBulk() {
  const conversations = useConversations()
  const session = useSession()
  const toasts = useToasts()
  /** How many of how many are through; undefined while nothing is under way. */
  const progress = ref<{ through: number; of: number }>()
  const refused = shallowRef<Refused[]>([])

  /** Sends the orders, a few conversations at a time. An answer that does not come stops the rest. */
  async function order(act: BulkAct, ids: readonly string[], through: (n: number) => void) {
    const done: string[] = []
    const problems = new Map<string, Problem>()
    for (let at = 0; at < ids.length; at += atATime) {
      const some = ids.slice(at, at + atATime)
      const { data, problem } = await outcome(api.POST('/bulk', { body: { ...act, conversations: some } }))
      for (const result of data ?? []) {
        if (result.conversation) {
          conversations.put(result.conversation)
          done.push(result.id)
        } else if (result.problem) problems.set(result.id, result.problem)
      }
      if (problem) {
        for (const id of ids.slice(at)) problems.set(id, problem)
        break
      }
      through(some.length)
    }
    return { done, problems }
  }

  /** Does it; answers which were refused. */
  async function run(act: BulkAct, ids: readonly string[]): Promise<string[]> {
    if (progress.value || ids.length === 0) return []
    const before = new Map(ids.flatMap((id) => conversations.byId.get(id) ?? []).map((c) => [c.id, c]))
    progress.value = { through: 0, of: ids.length }
    const { done, problems } = await order(act, ids, (n) => {
      if (progress.value) progress.value = { ...progress.value, through: progress.value.through + n }
    })
    progress.value = undefined
    refused.value = [...problems].flatMap(([id, problem]) => {
      const conversation = before.get(id)
      return conversation ? [{ conversation, why: explain(problem) }] : []
    })
    if (done.length > 0) {
      const back = undo(act, done.flatMap((id) => before.get(id) ?? []))
      toasts.done(t(`bulk.done.${act.act}`, { n: done.length }), back.length > 0 ? () => void takeBack(back) : undefined)
    }
    return [...problems.keys()]
  }

  type Step = { act: BulkAct; ids: string[] }

  /** What puts them back as they were; nothing where that cannot be. */
  function undo(act: BulkAct, before: Conversation[]): Step[] {
    switch (act.act) {
      case 'take':
      case 'assign':
        return grouped(before, (c) => c.assignee ?? '', (member) => ({ act: 'assign', member }))
      case 'file':
        return grouped(before, (c) => c.category ?? '', (category) => ({ act: 'file', category }))
      case 'resolve':
        // Who reopens a matter has it: it goes back to whoever had it before.
        return [
          { act: { act: 'reopen' }, ids: before.map((c) => c.id) },
          ...grouped(before.filter((c) => c.assignee !== session.me?.id), (c) => c.assignee ?? '', (member) => ({ act: 'assign', member })),
        ]
      case 'read':
        return [{ act: { act: 'unread' as const }, ids: before.filter((c) => c.unread > 0).map((c) => c.id) }].filter((step) => step.ids.length > 0)
      default:
        return []
    }
  }

  function grouped(all: Conversation[], by: (c: Conversation) => string, act: (key: string) => BulkAct): Step[] {
    const keys = [...new Set(all.map(by))]
    return keys.map((key) => ({ act: act(key), ids: all.filter((c) => by(c) === key).map((c) => c.id) }))
  }

  async function takeBack(steps: Step[]) {
    const failed = new Set<string>()
    for (const { act, ids } of steps) {
      const { problems } = await order(act, ids, () => {})
      for (const id of problems.keys()) failed.add(id)
    }
    if (failed.size > 0) toasts.fail(t('bulk.undoFailed', { n: failed.size }))
    else toasts.done(t('bulk.undone'))
  }

  return { run, progress, refused, forget: () => (refused.value = []) }
}
