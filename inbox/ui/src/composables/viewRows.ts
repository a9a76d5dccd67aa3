import { onScopeDispose, shallowRef, watch } from 'vue'
import { positionIn, useConversations, type ViewSpec } from '@/stores/conversations'
import { RowOrder, type Position } from '@/stores/rowOrder'
import { useSession } from '@/stores/session'

/** The ids of all known conversations of a view, in order, as far as a position. */
export function useViewRows(spec: () => ViewSpec): (to?: Position) => string[] {
  const conversations = useConversations()
  const session = useSession()
  const order = new RowOrder()
  const changes = shallowRef(0)

  function sortAnew() {
    const wanted = spec()
    const positions: Position[] = []
    for (const conversation of conversations.byId.values()) {
      const position = positionIn(wanted, conversation)
      if (position) positions.push(position)
    }
    order.reset(positions)
    changes.value++
  }

  onScopeDispose(
    conversations.listen((id) => {
      if (id === undefined) return sortAnew()
      const conversation = conversations.byId.get(id)
      if (order.put(id, conversation && positionIn(spec(), conversation))) changes.value++
    }),
  )
  // What a member sees depends on who it is as well.
  watch([() => JSON.stringify(spec()), () => session.me], sortAnew, { immediate: true, flush: 'sync' })

  return (to) => {
    void changes.value
    return order.ids(to)
  }
}
