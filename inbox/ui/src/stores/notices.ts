import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'
import { api, outcome } from '@/api/client'
import type { Notice, Problem } from '@/api/types'
import { useLive } from './live'

/** What the member should hear of, kept current by the live events. */
export const useNotices = defineStore('notices', () => {
  const live = useLive()
  const notices = shallowRef<Notice[]>([])
  const state = ref<'unasked' | 'ready' | 'failed'>('unasked')
  const problem = ref<Problem>()
  const unread = computed(() => notices.value.filter((n) => !n.read).length)
  /** Told of every unread notice that was not there before. */
  const listeners = new Set<(notice: Notice) => void>()
  let asked = 0

  async function load() {
    const mine = ++asked
    const { data, problem: trouble } = await outcome(api.GET('/notices'))
    if (mine !== asked) return
    problem.value = trouble
    if (!data) {
      if (state.value === 'unasked') state.value = 'failed'
      return
    }
    const known = new Set(notices.value.map((n) => n.id))
    const news = state.value === 'ready' ? data.filter((n) => !n.read && !known.has(n.id)) : []
    notices.value = data
    state.value = 'ready'
    for (const notice of news.reverse()) for (const listener of listeners) listener(notice)
  }

  /** Marks those as read, or all. Shown at once; what the server says comes with its event. */
  async function read(ids?: string[]) {
    const open = notices.value.filter((n) => !n.read && (ids?.includes(n.id) ?? true))
    if (open.length === 0) return
    notices.value = notices.value.map((n) => (open.includes(n) ? { ...n, read: true } : n))
    const { problem: trouble } = await outcome(api.PUT('/notices', { body: ids ? { read: ids } : {} }))
    if (trouble) void load()
  }

  function listen(listener: (notice: Notice) => void) {
    listeners.add(listener)
    return () => void listeners.delete(listener)
  }

  function forget() {
    asked++
    notices.value = []
    state.value = 'unasked'
  }

  live.listen(
    (event) => void (event.kind === 'notice.added' && load()),
    () => void (state.value !== 'unasked' && load()),
  )
  watch(() => live.reloads, () => void (state.value !== 'unasked' && load()))

  return { notices, state, problem, unread, load, read, listen, forget }
})
