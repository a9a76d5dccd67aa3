import { defineStore } from 'pinia'
import { ref } from 'vue'
import { loggedOut } from '@/api/client'
import { followEvents, type Numbered, type StreamEnd } from '@/api/eventStream'
import type { LiveEvent } from '@/api/types'
import { useConversations } from './conversations'

export type Connection = 'off' | 'connecting' | 'live' | 'lost'

const firstWait = 500
const longestWait = 15_000

/**
 * The one connection through which the server tells what changes. It takes up
 * where it was cut off, by number, so that nothing is missed.
 */
export const useLive = defineStore('live', () => {
  const conversations = useConversations()
  const connection = ref<Connection>('off')
  /** Grows when lists must be loaded anew, because events were missed for good. */
  const reloads = ref(0)
  const listeners = new Set<(event: LiveEvent) => void>()
  const onOpen = new Set<() => void>()
  let last: number | undefined
  let stopping: AbortController | undefined

  function take({ number, event }: Numbered) {
    // After a resume the server may repeat the number we gave; it has been dealt with.
    if (last !== undefined && number <= last) return
    last = number
    if (event.conversation) conversations.put(event.conversation)
    if (event.gone) conversations.remove(event.gone)
    for (const listener of listeners) listener(event)
  }

  /** Begins to follow from now on, on a page that shows no list of its own. */
  function follow() {
    if (stopping) return
    stopping = new AbortController()
    connection.value = 'connecting'
    void run(stopping.signal)
  }

  /** Begins to follow after an event's number, unless that is going on already. */
  function start(after: number) {
    // A stream that has not answered yet may begin after what the page knows of.
    if (stopping && last === undefined && connection.value === 'connecting') stop()
    if (stopping) return
    last = after
    stopping = new AbortController()
    connection.value = 'connecting'
    void run(stopping.signal)
  }

  function stop() {
    stopping?.abort()
    stopping = undefined
    last = undefined
    connection.value = 'off'
  }

  async function run(signal: AbortSignal) {
    let wait = firstWait
    let opened = false
    while (!signal.aborted) {
      const open = () => {
        // Without a number to resume by, what happened meanwhile is not known.
        if (opened && last === undefined) reloads.value++
        opened = true
        wait = firstWait
        connection.value = 'live'
        for (const fn of onOpen) fn()
      }
      // The browser often knows that the network is gone sooner than the connection tells.
      const attempt = new AbortController()
      const drop = () => attempt.abort()
      window.addEventListener('offline', drop)
      const end = await followEvents(last, { open, event: take }, AbortSignal.any([signal, attempt.signal]))
      window.removeEventListener('offline', drop)
      if (signal.aborted) return
      if (ended(end)) return
      connection.value = 'lost'
      await pause(wait, signal)
      wait = Math.min(wait * 2, longestWait)
    }
  }

  /** Reports whether following is over, because something else must happen first. */
  function ended(end: StreamEnd): boolean {
    if (end === 'ended') return false
    stop()
    if (end === 'unauthenticated') loggedOut()
    else {
      conversations.clear()
      reloads.value++
    }
    return true
  }

  /** Tells the listener of every event; the answer stops that. */
  function listen(listener: (event: LiveEvent) => void, opened?: () => void) {
    listeners.add(listener)
    if (opened) onOpen.add(opened)
    return () => {
      listeners.delete(listener)
      if (opened) onOpen.delete(opened)
    }
  }

  return { connection, reloads, start, follow, stop, listen, take }
})

/** Waits, but not beyond the moment the browser says it is online again. */
function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      window.removeEventListener('online', done)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, milliseconds * (0.75 + Math.random() / 2))
    window.addEventListener('online', done)
    signal.addEventListener('abort', done)
  })
}
