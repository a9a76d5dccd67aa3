import { defineStore } from 'pinia'
import { ref, shallowReactive } from 'vue'
import type { Conversation, ViewName } from '@/api/types'
import type { Position } from './rowOrder'
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
  /** How often some were taken away; until then, what is in a list is known. */
  const removals = ref(0)
  const listeners = new Set<(id?: string) => void>()

  /** Tells of every conversation that is new, different or gone; without an id, of all. Returns how to stop. */
  function listen(listener: (id?: string) => void) {
    listeners.add(listener)
    return () => listeners.delete(listener)
  }

  function changed(id?: string) {
    for (const listener of listeners) listener(id)
  }

  // Page loads, answers to actions and live events all end here, and may arrive in any
  // order: the version decides, so a slow page never undoes a newer event.
  function put(conversation: Conversation) {
    const known = byId.get(conversation.id)
    if (known && known.version >= conversation.version) return
    byId.set(conversation.id, conversation)
    changed(conversation.id)
  }

  /** The member may no longer see it. */
  function remove(id: string) {
    if (!byId.delete(id)) return
    removals.value++
    changed(id)
  }

  /** What was missed cannot be told any more: everything is to be loaded anew. */
  function clear() {
    byId.clear()
    removals.value++
    changed()
  }

  return { byId, removals, put, remove, clear, listen }
})

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
