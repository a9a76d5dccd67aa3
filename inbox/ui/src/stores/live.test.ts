import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { LiveEvent } from '@/api/types'
import { conversation, serve } from '@/testing/made'
import { useConversations } from './conversations'
import { useLive } from './live'

const encode = (events: [number, LiveEvent][]) =>
  events.map(([number, event]) => `id: ${number}\ndata: ${JSON.stringify(event)}\n\n`).join('')

/** A stream that says this much and then breaks off. */
const broken = (events: [number, LiveEvent][]) => new Response(encode(events), { headers: { 'Content-Type': 'text/event-stream' } })

/** A stream that stays open. */
const open = () => new Response(new ReadableStream(), { headers: { 'Content-Type': 'text/event-stream' } })

beforeEach(() => setActivePinia(createPinia()))

describe('following events', () => {
  it('takes up by number after the connection broke, and takes nothing twice', async () => {
    const changed: LiveEvent = { kind: 'conversation.changed', conversation: conversation('a', { version: 2 }) }
    const streams = [broken([[11, changed]]), broken([[11, changed], [12, { kind: 'knowledge.changed' }]]), open()]
    const asked = serve({ 'GET /events': () => streams.shift() })
    const live = useLive()
    const heard: string[] = []
    live.listen((event) => heard.push(event.kind))

    live.start(10)
    await vi.waitFor(() => expect(asked.map((a) => a.url.search)).toEqual(['?after=10', '?after=11', '?after=12']), 5000)
    await vi.waitFor(() => expect(live.connection).toBe('live'))
    expect(heard).toEqual(['conversation.changed', 'knowledge.changed'])
    expect(useConversations().byId.get('a')?.version).toBe(2)
    live.stop()
  })

  it('says that the connection is lost until it is back', async () => {
    const streams = [broken([]), open()]
    serve({ 'GET /events': () => streams.shift() })
    const live = useLive()
    live.start(1)
    await vi.waitFor(() => expect(live.connection).toBe('lost'))
    await vi.waitFor(() => expect(live.connection).toBe('live'), 5000)
    live.stop()
  })

  it('when events were missed for good, everything is loaded anew', async () => {
    serve({ 'GET /events': () => new Response('', { status: 410 }) })
    const live = useLive()
    useConversations().put(conversation('a'))
    live.start(1)
    await vi.waitFor(() => expect(live.reloads).toBe(1))
    expect(useConversations().byId.size).toBe(0)
    expect(live.connection).toBe('off')
  })

  it('a conversation that may no longer be seen disappears', () => {
    const live = useLive()
    useConversations().put(conversation('a'))
    live.take({ number: 5, event: { kind: 'conversation.changed', gone: 'a' } })
    expect(useConversations().byId.has('a')).toBe(false)
  })
})
