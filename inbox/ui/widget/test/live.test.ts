import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Api, Refused } from '../src/api'
import { Live } from '../src/live'
import { Store } from '../src/store'
import type { Said } from '../src/wire'

/** A hub that answers fetch, and whose streams end after what they had to tell. */
class Hub {
  log: { cursor: string; id: string }[] = []
  asked: string[] = []
  down = false
  tokens = new Set<string>()
  issued = 0

  fetch = async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    const url = new URL(String(input))
    this.asked.push(url.pathname.split('/').pop()! + url.search)
    if (this.down) throw new TypeError('network')
    const token = (init?.headers as Record<string, string>).Authorization?.slice(7) ?? ''
    if (url.pathname.endsWith('session')) {
      const fresh = `t${++this.issued}`
      const renewed = this.tokens.has(token)
      this.tokens.add(fresh)
      return Response.json({ token: fresh, renewed })
    }
    if (!this.tokens.has(token)) return Response.json({ code: 'session', message: 'hết hạn' }, { status: 401 })
    const after = url.searchParams.get('after') ?? ''
    const rest = this.log.slice(this.log.findIndex((said) => said.cursor === after) + 1)
    if (url.pathname.endsWith('history')) return Response.json({ said: rest, cursor: rest.at(-1)?.cursor ?? after, more: false })
    return new Response(rest.map((said) => `event: said\nid: ${said.cursor}\ndata: ${JSON.stringify(said)}\n\n`).join(''))
  }

  say(n: number): void {
    this.log.push({ cursor: `c.${n}`, id: `m${n}` })
  }
}

describe('following the hub', () => {
  let hub: Hub
  let api: Api
  let live: Live
  let heard: string[]
  let connected: boolean[]

  beforeEach(() => {
    vi.useFakeTimers()
    hub = new Hub()
    vi.stubGlobal('fetch', hub.fetch)
    localStorage.clear()
    api = new Api(new URL('https://hub.vn/chat/web/'), new Store('t:', localStorage))
    heard = []
    connected = []
    live = new Live(
      api,
      {
        said: (list: Said[]) => heard.push(...list.map((said) => said.id)),
        staffed: () => {},
        connected: (now) => connected.push(now),
        leading: () => {},
      },
      `name-${Math.random()}`,
    )
  })
  afterEach(() => {
    live.stop()
    vi.useRealTimers()
    vi.unstubAllGlobals()
  })

  it('reads the history, then resumes after each break where it stopped', async () => {
    await api.begin()
    hub.say(1)
    void live.start()
    await vi.advanceTimersByTimeAsync(100)
    expect(heard).toEqual(['m1'])
    hub.down = true
    await vi.advanceTimersByTimeAsync(5000)
    expect(connected.at(-1)).toBe(false)
    hub.say(2)
    hub.say(3)
    hub.down = false
    await vi.advanceTimersByTimeAsync(40_000)
    expect(heard).toEqual(['m1', 'm2', 'm3'])
    expect(hub.asked).toContain('events?after=c.1')
    expect(hub.asked.at(-1)).toBe('events?after=c.3')
  })

  it('does not hammer a hub that is down', async () => {
    await api.begin()
    hub.down = true
    void live.start()
    await vi.advanceTimersByTimeAsync(120_000)
    expect(hub.asked.length).toBeLessThan(20)
  })

  it('opens a new session when the old one is not taken, once, and says that the past is gone', async () => {
    await api.begin()
    const forgotten = vi.fn()
    api.forgotten = forgotten
    hub.tokens.clear()
    await Promise.all([api.history(''), api.history('')])
    expect(forgotten).toHaveBeenCalledTimes(1)
    expect(hub.issued).toBe(2)
  })

  it('opens no session before somebody begins', async () => {
    expect(api.begun).toBe(false)
    await api.refresh()
    expect(hub.asked).toEqual([])
  })

  it('tells troubles that pass from those that do not', () => {
    expect([0, 429, 500, 503].map((status) => new Refused(status, '', '').passing)).toEqual([true, true, true, true])
    expect([400, 403, 413].map((status) => new Refused(status, '', '').passing)).toEqual([false, false, false])
  })
})
