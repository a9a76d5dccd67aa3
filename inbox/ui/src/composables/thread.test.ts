import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { Message } from '@/api/types'
import { useLive } from '@/stores/live'
import { conversation, inScope, message, serve } from '@/testing/made'
import { useThread } from './thread'

beforeEach(() => setActivePinia(createPinia()))

/** A server with this thread, that pages as the real one does. */
function server(messages: Message[]) {
  const detail = {
    conversation: conversation('c', { last_seq: messages.length, read_seq: 1 }),
    contact: { id: 'p', name: 'Khách', created_at: '2026-01-01T00:00:00Z' },
    earlier: [],
    can_answer: true,
  }
  return serve({
    'GET /conversations/c': () => detail,
    'GET /conversations/c/messages': (_: never, { searchParams: q }) => {
      const after = Number(q.get('after') ?? 0)
      const before = Number(q.get('before') ?? Infinity)
      const limit = Number(q.get('limit'))
      const found = messages.filter((m) => m.seq > after && m.seq < before)
      const page = q.has('after') ? found.slice(0, limit) : found.slice(-limit)
      return { messages: page, more: page.length < found.length }
    },
  })
}

const seqs = (messages: readonly Message[]) => messages.map((m) => m.seq)

describe('an open conversation', () => {
  it('looks at the person again when the person has shared details', async () => {
    const said = [message(1)]
    const asked = server(said)
    const { made: thread, stop } = inScope(() => useThread('c'))
    await vi.waitFor(() => expect(thread.state.value).toBe('ready'))
    const looks = () => asked.filter((a) => a.route === 'GET /conversations/c').length
    const before = looks()
    said.push(message(2, { direction: 'note', author: { kind: 'system', name: '' }, change: { action: 'contact.shared' } }))
    useLive().take({ number: 5, event: { kind: 'message.added', conversation: conversation('c', { last_seq: 2, version: 2 }), seq: 2 } })
    await vi.waitFor(() => expect(looks()).toBe(before + 1))
    stop()
  })

  it('looks at the person again, once, when the name becomes known', async () => {
    const asked = server([message(1)])
    const { made: thread, stop } = inScope(() => useThread('c'))
    await vi.waitFor(() => expect(thread.state.value).toBe('ready'))
    const looks = () => asked.filter((a) => a.route === 'GET /conversations/c').length
    const before = looks()
    for (const version of [2, 3]) {
      useLive().take({ number: version, event: { kind: 'conversation.changed', conversation: conversation('c', { last_seq: 1, version, contact_name: 'Trần Thị Mẫu' }) } })
    }
    await vi.waitFor(() => expect(looks()).toBe(before + 1))
    expect(thread.conversation.value?.contact_name).toBe('Trần Thị Mẫu')
    stop()
  })

  it('sees that a message left while the message itself was still on its way here', async () => {
    const said = [message(1)]
    const asked = server(said)
    const { made: thread, stop } = inScope(() => useThread('c'))
    await vi.waitFor(() => expect(thread.state.value).toBe('ready'))
    const before = asked.length
    said.push(message(2, { direction: 'out', delivery: { state: 'sending' } }))
    const now = conversation('c', { last_seq: 2, version: 2 })
    useLive().take({ number: 5, event: { kind: 'message.added', conversation: now, seq: 2 } })
    await vi.waitFor(() => expect(asked.length).toBe(before + 1)) // read by the server as it is now
    said[1] = message(2, { direction: 'out', delivery: { state: 'sent' } })
    useLive().take({ number: 6, event: { kind: 'message.changed', conversation: now, seq: 2 } })
    await vi.waitFor(() => expect(thread.messages.value[1]?.delivery?.state).toBe('sent'))
    stop()
  })

  it('puts what came late where it was said, and asks on from the newest number', async () => {
    const said = [message(1, { sent_at: '2026-11-21T02:00:00Z' }), message(2, { sent_at: '2026-11-21T02:20:00Z' }), message(3, { sent_at: '2026-11-21T02:10:00Z', late: true })]
    server(said)
    const { made: thread, stop } = inScope(() => useThread('c'))
    await vi.waitFor(() => expect(thread.state.value).toBe('ready'))
    expect(thread.messages.value.map((m) => m.seq)).toEqual([1, 3, 2])
    expect(thread.lastSeq.value).toBe(3)
    stop()
  })

  it('shows what is said while it is open', async () => {
    const said = [message(1), message(2)]
    server(said)
    const { made: thread, stop } = inScope(() => useThread('c'))
    await vi.waitFor(() => expect(seqs(thread.messages.value)).toEqual([1, 2]))
    said.push(message(3))
    useLive().take({ number: 5, event: { kind: 'message.added', conversation: conversation('c', { last_seq: 3, version: 2 }), seq: 3 } })
    await vi.waitFor(() => expect(seqs(thread.messages.value)).toEqual([1, 2, 3]))
    stop()
  })

  it('shows how far a delivery has come', async () => {
    const said = [message(1), message(2, { direction: 'out', delivery: { state: 'queued' } })]
    server(said)
    const { made: thread, stop } = inScope(() => useThread('c'))
    await vi.waitFor(() => expect(thread.state.value).toBe('ready'))
    said[1] = message(2, { direction: 'out', delivery: { state: 'read' } })
    useLive().take({ number: 5, event: { kind: 'message.changed', conversation: conversation('c', { last_seq: 2, version: 2 }), seq: 2 } })
    await vi.waitFor(() => expect(thread.messages.value[1]?.delivery?.state).toBe('read'))
    stop()
  })

  it('fetches older messages when asked, and nothing after the page was left', async () => {
    server(Array.from({ length: 100 }, (_, i) => message(i + 1)))
    const { made: thread, stop } = inScope(() => useThread('c'))
    await vi.waitFor(() => expect(thread.messages.value[0]?.seq).toBe(41))
    expect(thread.hasOlder.value).toBe(true)
    await thread.loadOlder()
    expect(seqs(thread.messages.value)).toHaveLength(100)
    expect(thread.hasOlder.value).toBe(false)
    stop()
    useLive().take({ number: 6, event: { kind: 'message.added', conversation: conversation('c', { last_seq: 101 }), seq: 101 } })
    expect(thread.messages.value).toHaveLength(100)
  })

  it('goes back as far as the message that was found, without a gap', async () => {
    server(Array.from({ length: 700 }, (_, i) => message(i + 1)))
    const { made: thread, stop } = inScope(() => useThread('c', 250))
    await vi.waitFor(() => expect(thread.state.value).toBe('ready'))
    const there = seqs(thread.messages.value)
    expect(there[0]).toBeLessThanOrEqual(250)
    expect(there).toHaveLength(701 - there[0]!)
    expect(await thread.reach(3)).toBe(true)
    expect(seqs(thread.messages.value)).toHaveLength(700)
    expect(await thread.reach(9000)).toBe(false)
    stop()
  })

  it('catches up after the connection was lost, however much that is', async () => {
    const said = [message(1)]
    server(said)
    const { made: thread, stop } = inScope(() => useThread('c'))
    await vi.waitFor(() => expect(thread.state.value).toBe('ready'))
    for (let seq = 2; seq <= 150; seq++) said.push(message(seq))
    await thread.loadNewer()
    expect(thread.lastSeq.value).toBe(150)
    stop()
  })
})
