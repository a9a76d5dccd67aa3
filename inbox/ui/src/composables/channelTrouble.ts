import { computed, onScopeDispose, ref, shallowRef } from 'vue'
import { api, outcome } from '@/api/client'
import type { ChannelState } from '@/api/types'
import { useSession } from '@/stores/session'
import { moodOf } from './channelList'

/** The hub checks channels every five minutes; what it found is known here soon after. */
const refreshEvery = 60_000
const kept = 'channels.closed'

/** What somebody who looks after channels has to know on any page: what is wrong, and what ends soon. */
export function useChannelTrouble() {
  const session = useSession()
  const channels = shallowRef<ChannelState[]>([])
  const closed = ref(closedBefore())
  const mark = (c: ChannelState) => `${c.id} ${c.health?.problem ?? ''}`

  async function load() {
    if (!session.can.seeChannels || document.visibilityState !== 'visible') return
    const { data } = await outcome(api.GET('/channels'))
    if (data) channels.value = data
  }

  /** Channels that do not work first. What ends soon can be put away, until the words about it change. */
  const troubles = computed(() => {
    const broken = channels.value.filter((c) => moodOf(c) === 'broken')
    const soon = channels.value.filter((c) => moodOf(c) === 'soon' && !closed.value.includes(mark(c)))
    return [...broken, ...soon]
  })

  function close(channel: ChannelState) {
    const known = channels.value.map(mark)
    closed.value = [...closed.value.filter((m) => known.includes(m)), mark(channel)]
    localStorage.setItem(kept, JSON.stringify(closed.value))
  }

  const timer = setInterval(() => void load(), refreshEvery)
  onScopeDispose(() => clearInterval(timer))
  void load()
  return { troubles, close }
}

function closedBefore(): string[] {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(kept) ?? '[]')
    return Array.isArray(found) ? found.filter((m) => typeof m === 'string') : []
  } catch {
    return []
  }
}
