import { useConversations } from './conversations'
import { useLive } from './live'
import { useSession } from './session'

/** Forgets on this screen whatever the member who is leaving was allowed to see. */
export function leave() {
  useLive().stop()
  useConversations().clear()
  useSession().forget()
}
