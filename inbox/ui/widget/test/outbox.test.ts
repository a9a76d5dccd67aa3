import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Refused } from '../src/api'
import { backoff, Outbox, type Item } from '../src/outbox'
import { Store } from '../src/store'

const settled = () => vi.advanceTimersByTimeAsync(0)

describe('the outbox', () => {
  let hub: Item[]
  let trouble: Error | undefined
  let store: Store
  const open = () => {
    const outbox = new Outbox(
      store,
      async (item) => {
        if (trouble) throw trouble
        hub.push(item)
      },
      () => {},
    )
    return outbox
  }
  const states = (outbox: Outbox) => outbox.list().map((item) => item.state)

  beforeEach(() => {
    vi.useFakeTimers()
    hub = []
    trouble = undefined
    localStorage.clear()
    store = new Store('t:', localStorage)
  })
  afterEach(() => vi.useRealTimers())

  it('calls a message sent only once the hub has it', async () => {
    const outbox = open()
    outbox.say('xin chào')
    expect(states(outbox)).toEqual(['waiting'])
    await settled()
    expect(states(outbox)).toEqual(['sent'])
    expect(store.names('out:')).toEqual([])
  })

  it('tries again under the same key, in order, when the connection is lost', async () => {
    trouble = new Refused(0, 'offline', '')
    const outbox = open()
    const first = outbox.say('một')
    outbox.say('hai')
    await settled()
    expect(states(outbox)).toEqual(['waiting', 'waiting'])
    trouble = undefined
    await vi.advanceTimersByTimeAsync(2000)
    expect(hub.map((item) => item.text)).toEqual(['một', 'hai'])
    expect(hub[0]!.key).toBe(first.key)
  })

  it('waits as long as the hub asks', async () => {
    trouble = new Refused(429, 'too_many', '', 12_000)
    const outbox = open()
    outbox.say('một')
    await settled()
    trouble = undefined
    await vi.advanceTimersByTimeAsync(11_000)
    expect(hub).toHaveLength(0)
    await vi.advanceTimersByTimeAsync(2000)
    expect(hub).toHaveLength(1)
  })

  it('is still there after a reload, and is sent', async () => {
    trouble = new Refused(503, 'unavailable', '')
    const said = open().say('trước khi tải lại')
    await settled()
    trouble = undefined
    const reloaded = open()
    reloaded.adopt()
    await settled()
    expect(hub.map((item) => item.key)).toEqual([said.key])
  })

  it('shows what is refused for good, with the reason, and goes on with the next', async () => {
    trouble = new Refused(413, 'too_long', 'Tin nhắn dài quá')
    const outbox = open()
    const refused = outbox.say('dài')
    await settled()
    trouble = undefined
    outbox.say('ngắn')
    await settled()
    expect(states(outbox)).toEqual(['failed', 'sent'])
    expect(outbox.list()[0]!.problem).toBe('Tin nhắn dài quá')
    outbox.retry(refused.key)
    await settled()
    expect(hub.map((item) => item.text)).toEqual(['ngắn', 'dài'])
  })

  it('stops trying what the visitor gave up', async () => {
    trouble = new Refused(0, 'offline', '')
    const outbox = open()
    outbox.drop(outbox.say('thôi').key)
    trouble = undefined
    await vi.advanceTimersByTimeAsync(60_000)
    expect(hub).toEqual([])
    expect(outbox.list()).toEqual([])
    expect(store.names('out:')).toEqual([])
  })

  it('does not come back when the log shows a message before its answer arrives', async () => {
    let arrive = () => {}
    const outbox = new Outbox(store, () => new Promise((resolve) => (arrive = resolve)), () => {})
    const item = outbox.say('nhanh')
    outbox.drop(item.key)
    arrive()
    await settled()
    expect(outbox.list()).toEqual([])
  })

  it('shows what another tab says without sending it, until it takes over', async () => {
    const other: Item = { key: 'k9', text: 'từ thẻ khác', files: [], at: 1, state: 'waiting', tries: 0 }
    const outbox = open()
    store.set('out:k9', JSON.stringify(other))
    outbox.seen('out:k9')
    outbox.say('của tôi')
    await settled()
    expect(outbox.list().map((item) => item.text)).toEqual(['từ thẻ khác', 'của tôi'])
    expect(hub.map((item) => item.text)).toEqual(['của tôi'])
    outbox.adopt()
    await settled()
    expect(hub.map((item) => item.text)).toEqual(['của tôi', 'từ thẻ khác'])
  })

  it('throws away what a crash left half-written', () => {
    store.set('out:x', '{"key":')
    const outbox = open()
    outbox.adopt()
    expect(outbox.list()).toEqual([])
    expect(store.get('out:x')).toBeNull()
  })

  it('waits longer each time, never longer than half a minute', () => {
    const waits = [1, 2, 3, 4, 5, 6, 50].map((tries) => backoff(tries, 1))
    expect(waits).toEqual([1000, 2000, 4000, 8000, 16000, 30000, 30000])
    expect(backoff(1, 0)).toBe(500)
  })
})

describe('the store', () => {
  it('keeps until the page is left when the browser refuses, and says so', () => {
    const refusing = { setItem: () => { throw new DOMException('denied') } } as unknown as Storage
    for (const storage of [refusing, undefined]) {
      const store = new Store('t:', storage)
      expect(store.kept).toBe(false)
      store.set('a', '1')
      expect([store.get('a'), store.names('')]).toEqual(['1', ['a']])
    }
  })

  it('goes on when the quota is used up', () => {
    localStorage.clear()
    const store = new Store('t:', localStorage)
    vi.spyOn(Storage.prototype, 'setItem').mockImplementation(() => {
      throw new DOMException('full', 'QuotaExceededError')
    })
    store.set('draft', 'abc')
    vi.restoreAllMocks()
    expect(store.get('draft')).toBe('abc')
  })
})
