import { describe, expect, it } from 'vitest'
import { awaited, entries, patience } from '../src/entries'
import type { Item } from '../src/outbox'
import { events } from '../src/sse'
import { Thread } from '../src/thread'
import { ago, exact, opening } from '../src/time'
import type { Said } from '../src/wire'
import { language, words } from '../src/words'

const at = (minute: number) => new Date(Date.UTC(2026, 10, 21, 2, minute)).toISOString()

function said(conversation: string, seq: number, more: Partial<Said> = {}): Said {
  return {
    cursor: `${conversation}.${seq}`, conversation, seq, code: `TH-${conversation}`, id: `${conversation}-${seq}`,
    own: false, author: 'bot', automatic: true, at: at(seq), text: `${conversation}.${seq}`, ...more,
  }
}

const item = (key: string, more: Partial<Item> = {}): Item => ({ key, text: key, files: [], at: Date.parse(at(50)), state: 'waiting', tries: 0, ...more })

describe('the thread', () => {
  it('shows each thing once, by number, however it arrives', () => {
    const thread = new Thread()
    thread.add([said('c1', 3), said('c1', 1)])
    expect(thread.add([said('c1', 2), said('c1', 3)]).map((s) => s.seq)).toEqual([2])
    expect(thread.list().map((s) => s.seq)).toEqual([1, 2, 3])
  })

  it('trusts the numbers of a conversation more than its clocks', () => {
    const thread = new Thread()
    thread.add([said('c1', 1, { at: at(9) }), said('c1', 2, { at: at(3) })])
    expect(thread.list().map((s) => s.seq)).toEqual([1, 2])
  })

  it('puts an answer in an older matter where it was said', () => {
    const thread = new Thread()
    thread.add([said('c1', 1), said('c2', 1, { at: at(5) }), said('c1', 2, { at: at(8) })])
    expect(thread.list().map((s) => s.id)).toEqual(['c1-1', 'c2-1', 'c1-2'])
    expect(thread.code).toBe('TH-c1')
  })
})

describe('what is shown', () => {
  it('replaces what was on its way with what the log has', () => {
    const shown = entries([said('c1', 1, { own: true, key: 'k1' })], [item('k1', { state: 'sent' }), item('k2')])
    expect(shown.map((e) => [e.text, e.state])).toEqual([['c1.1', 'said'], ['k2', 'waiting']])
  })

  it('does not call sent what only waits', () => {
    expect(entries([], [item('k', { tries: 1 })])[0]!.state).toBe('late')
  })

  it('closes choices when anything was said after them, and shows which was pressed', () => {
    const asked = said('c1', 1, { choices: [{ label: 'A', value: 'a' }] })
    expect(entries([asked], [])[0]!.open).toBe(true)
    const pressed = entries([asked], [item('k', { pressed: 'a' })])[0]!
    expect([pressed.open, pressed.chosen]).toEqual([false, 'a'])
    const written = entries([asked, said('c1', 2, { own: true })], [])[0]!
    expect([written.open, written.chosen]).toEqual([false, ''])
  })

  it('begins another matter with its code', () => {
    const shown = entries([said('c1', 1), said('c2', 1)], [])
    expect(shown.map((e) => [e.heading, e.first, e.last])).toEqual([[undefined, true, true], ['TH-c2', true, true]])
  })

  it('expects an answer of the bot for a while, and none while a person answers', () => {
    const own = said('c1', 2, { own: true, author: 'citizen' })
    const now = Date.parse(own.at) + 1000
    expect(awaited(entries([said('c1', 1), own], []), now)).toBe(true)
    expect(awaited(entries([said('c1', 1), own], []), now + patience)).toBe(false)
    expect(awaited(entries([said('c1', 1, { author: 'member' }), own], []), now)).toBe(false)
    expect(awaited(entries([], [item('k', { at: now })]), now)).toBe(false)
  })
})

describe('the stream', () => {
  const read = async (pieces: Uint8Array[]) => {
    const found = []
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const piece of pieces) controller.enqueue(piece)
        controller.close()
      },
    })
    for await (const event of events(stream)) found.push(event)
    return found
  }
  const bytesOf = (text: string) => new TextEncoder().encode(text)

  it('is the same wherever it is cut, within a character too', async () => {
    const text = ': \n\nevent: said\nid: c1.2\ndata: {"text":"chữ ế"}\n\nevent: staffed\ndata: {}\n\n'
    const bytes = bytesOf(text)
    const whole = await read([bytes])
    expect(whole).toEqual([
      { kind: 'said', id: 'c1.2', data: '{"text":"chữ ế"}' },
      { kind: 'staffed', id: '', data: '{}' },
    ])
    for (let cut = 1; cut < bytes.length; cut++) {
      expect(await read([bytes.slice(0, cut), bytes.slice(cut)])).toEqual(whole)
    }
  })

  it('leaves out an event that was cut off, so that it is read again', async () => {
    expect(await read([bytesOf('event: said\nid: c1.2\ndata: {')])).toEqual([])
  })
})

describe('time', () => {
  const now = Date.parse('2026-11-21T02:30:00Z') // 09:30 in Vietnam
  it('is relative up to a day and Vietnamese after that', () => {
    expect(ago(now - 20_000, now, words.vi)).toBe('vừa xong')
    expect(ago(now - 180_000, now, words.vi)).toBe('3 phút trước')
    expect(ago(now - 5 * 3600_000, now, words.vi)).toBe('5 giờ trước')
    expect(ago(now - 30 * 3600_000, now, words.vi)).toBe('03:30 20/11')
    expect(exact(now)).toBe('09:30 21/11/2026')
  })
  it('tells when people come', () => {
    expect(opening(now + 4 * 3600_000, now, words.vi)).toBe('13:30')
    expect(opening(Date.parse('2026-11-23T00:00:00Z'), now, words.vi)).toBe('07:00 thứ Hai 23/11')
  })
})

describe('language', () => {
  it('is Vietnamese unless English is asked for', () => {
    expect(['en', 'en-GB', 'vi-VN', 'fr', '', null].map(language)).toEqual(['en', 'en', 'vi', 'vi', 'vi', 'vi'])
  })
  it('has every word in both', () => {
    expect(Object.keys(words.en)).toEqual(Object.keys(words.vi))
  })
})
