import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Api } from '../src/api'
import { entries } from '../src/entries'
import { Outbox } from '../src/outbox'
import { Store } from '../src/store'
import type { Post, Said } from '../src/wire'

/** draws repeats a run by its seed (mulberry32). */
function draws(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

const messages = Number(process.env.TONGDAI_LONG ? 1000 : 200)

/**
 * Hub keeps each key once, like ours. The net before it loses requests and answers,
 * delays both and brings requests twice; the hub is busy or refuses now and then.
 */
class Hub {
  readonly kept = new Map<string, Post>()
  readonly refused = new Set<string>()
  readonly faults: Record<string, number> = {}

  constructor(private readonly draw: () => number) {}

  private happens(fault: string, share: number): boolean {
    const does = this.draw() < share
    if (does) this.faults[fault] = (this.faults[fault] ?? 0) + 1
    return does
  }

  private take(post: Post): Response {
    if (post.text.startsWith('dài')) {
      this.refused.add(post.key)
      return Response.json({ code: 'too_long', message: 'Tin nhắn dài quá' }, { status: 413 })
    }
    if (this.happens('busy', 0.05)) return Response.json({ code: 'unavailable' }, { status: 503, headers: { 'Retry-After': '2' } })
    if (this.happens('too many', 0.05)) return Response.json({ code: 'too_many' }, { status: 429, headers: { 'Retry-After': '3' } })
    this.kept.set(post.key, post)
    return Response.json({ key: post.key })
  }

  async fetch(body: string): Promise<Response> {
    const post = JSON.parse(body) as Post
    const pause = (most: number) => new Promise((done) => setTimeout(done, this.draw() * most))
    if (this.happens('lost request', 0.15)) throw new TypeError('cut')
    if (this.happens('doubled', 0.15)) void pause(20_000).then(() => this.take(post))
    if (this.happens('delayed', 0.2)) await pause(5000)
    const answer = this.take(post)
    if (this.happens('late answer', 0.2)) await pause(5000)
    if (this.happens('lost answer', 0.15)) throw new TypeError('cut')
    return answer
  }

  /** log is what the stream shows of what was kept by now. */
  log(): Said[] {
    return [...this.kept.values()].map((post, i) => ({
      cursor: '', conversation: 'c', seq: i + 1, code: 'TH-1', id: `m${i}`, key: post.key, own: true,
      author: 'citizen', automatic: false, at: new Date().toISOString(), text: post.text,
    }))
  }
}

describe('a net that cuts, delays and doubles', () => {
  beforeEach(() => {
    vi.useFakeTimers()
    localStorage.clear()
  })
  afterEach(() => {
    vi.unstubAllGlobals()
    vi.useRealTimers()
  })

  it('brings each message once, in order, and the visitor sees nothing untrue on the way', async () => {
    const seed = Math.floor(Math.random() * 2 ** 31)
    const draw = draws(seed)
    const hub = new Hub(draw)
    vi.stubGlobal('fetch', (_: URL, init: RequestInit) => hub.fetch(String(init.body)))
    const store = new Store('t:', localStorage)
    store.set('token', 'x')
    const api = new Api(new URL('http://hub/chat/web/'), store)
    const seen: Record<string, number> = {}
    const lies: string[] = []
    const watch = () => {
      for (const item of outbox.list()) {
        seen[item.state] = (seen[item.state] ?? 0) + 1
        if (item.state === 'sent' && !hub.kept.has(item.key)) lies.push(`“${item.text}” is called sent; the hub does not have it`)
        if (item.state === 'failed' && (!hub.refused.has(item.key) || hub.kept.has(item.key))) lies.push(`“${item.text}” is called failed`)
      }
    }
    const outbox = new Outbox(store, (item) => api.say({ key: item.key, text: item.text, attachments: [], language: 'vi' } as unknown as Post), watch)

    const said: string[] = []
    for (let i = 0; i < messages; i++) {
      const text = draw() < 0.05 ? `dài ${i}` : `câu ${i}`
      if (!text.startsWith('dài')) said.push(text)
      outbox.say(text)
      await vi.advanceTimersByTimeAsync(draw() * 3000)
      if (i % 10 === 0) {
        for (const own of hub.log()) outbox.drop(own.key!) // the stream shows what the answer did not tell yet
        watch()
      }
    }
    for (let i = 0; i < 10_000 && outbox.list().some((item) => item.state === 'waiting'); i++) await vi.advanceTimersByTimeAsync(10_000)
    await vi.advanceTimersByTimeAsync(60_000)

    const told = `seed ${seed}, ${JSON.stringify(hub.faults)}`
    expect(lies, told).toEqual([])
    expect([...hub.kept.values()].map((post) => post.text), told).toEqual(said)
    const shown = entries(hub.log(), outbox.list()).filter((entry) => entry.own)
    expect(shown.filter((entry) => entry.state === 'said').length, told).toBe(said.length)
    expect(shown.filter((entry) => entry.state === 'failed').length, told).toBe(messages - said.length)
    expect(shown.length, told).toBe(messages)
    for (const fault of ['busy', 'too many', 'lost request', 'lost answer', 'doubled', 'delayed', 'late answer']) {
      expect(hub.faults[fault] ?? 0, `${fault}; ${told}`).toBeGreaterThan(0)
    }
    expect(Object.keys(seen).sort(), told).toEqual(['failed', 'sent', 'waiting'])
  })
})
