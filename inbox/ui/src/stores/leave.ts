import { useDuty } from '@/components/duty/duty'
import { useAnswers } from './answers'
import { useConversations } from './conversations'
import { useLive } from './live'
import { useNotices } from './notices'
import { useSession } from './session'

/** Forgets on this screen whatever the member who is leaving was allowed to see. */
export function leave() {
  useLive().stop()
  useConversations().clear()
  useAnswers().forget()
  useNotices().forget()
  useDuty().forget()
  useSession().forget()
}
