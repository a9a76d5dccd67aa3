import { defineStore } from 'pinia'
import { shallowReactive } from 'vue'
import type { Conversation, ViewName } from '@/api/types'
import { useSession } from './session'

/** One list of the desk: a view, perhaps narrowed. */
export interface ViewSpec {
  view: ViewName
  department?: string
  channel?: string
  category?: string
  label?: string
  urgent?: boolean
  /** The saved view that it is, by its id. */
  saved?: string
}

/** Every conversation that a page or an event has told of. */
export const useConversations = defineStore('conversations', () => {
  const byId = shallowReactive(new Map<string, Conversation>())

  // Page loads, answers to actions and live events all end here, and may arrive in any
  // order: the version decides, so a slow page never undoes a newer event.
  function put(conversation: Conversation) {
    const known = byId.get(conversation.id)
    if (!known || known.version < conversation.version) byId.set(conversation.id, conversation)
  }

  /** The member may no longer see it. */
  function remove(id: string) {
    byId.delete(id)
  }

  /** What was missed cannot be told any more: everything is to be loaded anew. */
  function clear() {
    byId.clear()
  }

  return { byId, put, remove, clear }
})

/** Where a row stands in a view; rows are sorted by rank, then id. */
export interface Position {
  rank: string
  id: string
}

/** The place of a conversation in a view, or undefined when it is not in it. */
export function positionIn(spec: ViewSpec, conversation: Conversation): Position | undefined {
  const rank = conversation.placements[spec.view]
  if (rank === undefined || !standsFor(spec, conversation) || !standsForMe(spec, conversation)) return undefined
  return { rank, id: conversation.id }
}

function standsFor(spec: ViewSpec, c: Conversation): boolean {
  return (
    (!spec.department || c.department === spec.department || (spec.view === 'all' && contributes(c, [spec.department]))) &&
    (!spec.channel || c.channel === spec.channel) &&
    (!spec.category || c.category === spec.category) &&
    (!spec.label || (c.labels?.includes(spec.label) ?? false)) &&
    (!spec.urgent || c.urgent)
  )
}

const contributes = (c: Conversation, departments: readonly string[]) => c.contributing?.some((d) => departments.includes(d)) ?? false

/** What is mine, and what staff see where: placements are the same for everybody. */
function standsForMe(spec: ViewSpec, c: Conversation): boolean {
  const me = useSession().me
  if (!me) return true
  if (spec.view === 'mine') return c.assignee === me.id
  if (me.role !== 'staff' || spec.department) return true
  const others = me.departments.filter((d) => d !== c.department)
  if (spec.view === 'contributing') return contributes(c, others)
  if (me.departments.includes(c.department ?? '')) return true
  return ['all', 'channel', 'label'].includes(spec.view) && contributes(c, others)
}

/** Ranks are compared as plain bytes, as the server sorted them; never by the rules of a language. */
export function compare(a: Position, b: Position): number {
  if (a.rank !== b.rank) return a.rank < b.rank ? -1 : 1
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0
}

/**
 * The rows of a view in order, as far as it is loaded: what lies beyond the
 * last loaded row would leave a gap before it, and comes with its page.
 */
export function rowsOf(spec: ViewSpec, all: Iterable<Conversation>, loadedTo: Position | undefined): string[] {
  const rows: Position[] = []
  for (const conversation of all) {
    const position = positionIn(spec, conversation)
    if (position && (!loadedTo || compare(position, loadedTo) <= 0)) rows.push(position)
  }
  return rows.sort(compare).map((row) => row.id)
}
