import { onScopeDispose, ref, shallowRef } from 'vue'
import { api, outcome } from '@/api/client'
import type { ChannelState, Problem } from '@/api/types'

/** The hub asks channels at most once a minute; what came and left is newer. */
const refreshEvery = 30_000

/** How the channels are, looked at again and again while the page is on a screen. */
export function useChannelList() {
  const channels = shallowRef<ChannelState[]>()
  /** Why the last look failed. What was known before stays. */
  const problem = ref<Problem>()

  async function load() {
    const answer = await outcome(api.GET('/channels'))
    problem.value = answer.problem
    channels.value = answer.data ?? channels.value
  }

  const lookAgain = () => {
    if (document.visibilityState === 'visible') void load()
  }
  const timer = setInterval(lookAgain, refreshEvery)
  // Whoever comes back from the platform's page of consent wants to see what it changed.
  document.addEventListener('visibilitychange', lookAgain)
  onScopeDispose(() => {
    clearInterval(timer)
    document.removeEventListener('visibilitychange', lookAgain)
  })
  void load()
  return { channels, problem, load }
}

/** How a channel is, at a glance. */
export type ChannelMood = 'unknown' | 'works' | 'soon' | 'broken'

export function moodOf({ health }: ChannelState): ChannelMood {
  if (!health) return 'unknown'
  if (!health.ok) return 'broken'
  return health.problem ? 'soon' : 'works'
}
