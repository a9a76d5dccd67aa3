import { computed, onScopeDispose, watch } from 'vue'
import { api, outcome } from '@/api/client'
import type { Conversation, LiveEvent } from '@/api/types'
import { t } from '@/i18n'
import { useConversations } from '@/stores/conversations'
import { useLive } from '@/stores/live'
import { usePreferences } from '@/stores/preferences'
import { useSession } from '@/stores/session'
import { beep } from './beep'
import { showOnDesktop } from './notify'
import { useViewRows } from './viewRows'

/** The urgent matters that wait for somebody, told by banner, sound and the desktop. */
export function useUrgency(open: (id: string) => void) {
  const conversations = useConversations()
  const live = useLive()
  const session = useSession()
  const preferences = usePreferences()
  const told = new Map<string, string>()

  async function load() {
    const { data } = await outcome(api.GET('/conversations', { params: { query: { view: 'urgent', limit: 20 } } }))
    for (const conversation of data?.conversations ?? []) conversations.put(conversation)
  }

  /** A colleague's urgent matters are the colleague's; nobody's and mine are shown. */
  const waits = (c: Conversation) =>
    c.urgent && c.status === 'open' && c.waiting_since !== undefined && (!c.assignee || c.assignee === session.me?.id)

  const urgent = useViewRows(() => ({ view: 'urgent' }))
  const waiting = computed(() =>
    urgent()
      .map((id) => conversations.byId.get(id)!)
      .filter(waits),
  )

  function follow({ kind, conversation }: LiveEvent) {
    if (!conversation) return
    const mine = conversation.assignee === session.me?.id
    const wrote = kind === 'message.added' && conversation.last_author === 'citizen'
    if (waits(conversation) && told.get(conversation.id) !== conversation.waiting_since) {
      told.set(conversation.id, conversation.waiting_since!)
      if (preferences.sound) beep('urgent')
      // The words of a citizen stay off the lock screen: who and which, but not what.
      if (preferences.notify) showOnDesktop(t('alert.urgent', { name: conversation.contact_name }), conversation.code, conversation.id, () => open(conversation.id))
    } else if (mine && wrote && document.hidden) {
      if (preferences.soundMine) beep('mine')
      if (preferences.notifyMine) showOnDesktop(t('alert.mine', { name: conversation.contact_name }), conversation.code, conversation.id, () => open(conversation.id))
    }
    if (!conversation.waiting_since) told.delete(conversation.id)
  }

  onScopeDispose(live.listen(follow))
  watch(() => live.reloads, () => void load(), { immediate: true })

  return { waiting }
}
