import { computed, onScopeDispose, shallowRef, watch } from 'vue'
import { api, outcome } from '@/api/client'
import type { Present } from '@/api/types'
import { useLive } from '@/stores/live'
import { useSession } from '@/stores/session'

/** How often a screen says that it is still there, and after what silence somebody has gone; the hub's own times. */
const beat = 20_000
const lasts = 45_000
/** Whoever has typed nothing for so long only looks on. */
const pause = 30_000

interface Seen extends Present {
  at: number
}

/**
 * Who else has this conversation open, told to each other while it is on a
 * screen that somebody looks at. `text` is what stands in the box: what changes
 * there is writing.
 */
export function usePresence(conversation: string, text: () => string) {
  const live = useLive()
  const session = useSession()
  const seen = shallowRef<ReadonlyMap<string, Seen>>(new Map())
  let typedAt = 0
  let said: Present['doing'] = 'gone'

  const doing = (): Present['doing'] => {
    if (document.visibilityState !== 'visible') return 'gone'
    return text().trim() && Date.now() - typedAt < pause ? 'writing' : 'here'
  }

  function take(others: readonly Present[]) {
    const next = new Map(seen.value)
    for (const { member, doing } of others) {
      if (member === session.me?.id) continue
      if (doing === 'gone') next.delete(member)
      else next.set(member, { member, doing, at: Date.now() })
    }
    seen.value = next
  }

  async function say(what: Present['doing']) {
    said = what
    const { data } = await outcome(
      api.PUT('/conversations/{id}/presence', { params: { path: { id: conversation } }, body: { doing: what }, keepalive: what === 'gone' }),
    )
    if (data) take(data)
  }

  /** Says what has changed, or with the beat that nothing has. */
  function look(always = false) {
    const now = doing()
    if (now !== said || (always && now !== 'gone')) void say(now)
  }

  function forgetSilent() {
    const still = [...seen.value].filter(([, one]) => Date.now() - one.at < lasts)
    if (still.length < seen.value.size) seen.value = new Map(still)
  }

  watch(text, () => {
    typedAt = Date.now()
    look()
  })
  const onVisible = () => look()
  const onLeave = () => void (said !== 'gone' && say('gone'))
  document.addEventListener('visibilitychange', onVisible)
  window.addEventListener('pagehide', onLeave)
  const timer = setInterval(() => {
    forgetSilent()
    look(true)
  }, beat)
  const unlisten = live.listen(({ kind, conversation: about, member, doing: does }) => {
    if (kind !== 'member.present' || about?.id !== conversation || !member || !does || member === session.me?.id) return
    const news = !seen.value.has(member) && does !== 'gone'
    take([{ member, doing: does }])
    // Whoever comes learns at once who is here already.
    if (news && said !== 'gone') void say(said)
  })
  onScopeDispose(() => {
    clearInterval(timer)
    unlisten()
    document.removeEventListener('visibilitychange', onVisible)
    window.removeEventListener('pagehide', onLeave)
    onLeave()
  })
  look()

  return { others: computed(() => [...seen.value.values()].sort((a, b) => a.member.localeCompare(b.member))) }
}
