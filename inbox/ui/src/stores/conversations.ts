import { defineStore } from 'pinia'
import { shallowReactive } from 'vue'
import type { Conversation, ViewName } from '@/api/types'

/** One list of the desk: a view, perhaps narrowed. */
export interface ViewSpec {
  view: ViewName
  department?: string
  channel?: string
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
  if (rank === undefined) return undefined
  if (spec.department && conversation.department !== spec.department) return undefined
  if (spec.channel && conversation.channel !== spec.channel) return undefined
  return { rank, id: conversation.id }
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
