import { Refused } from './api'
import type { Store } from './store'
import type { FileRef } from './wire'

export type ItemState = 'waiting' | 'sent' | 'failed'

/** Item is something the visitor said that the hub's log has not shown back yet. */
export interface Item {
  key: string
  text: string
  pressed?: string
  files: FileRef[]
  at: number
  state: ItemState
  tries: number
  problem?: string
}

const prefix = 'out:'
const longest = 30_000

/** backoff is how long to wait after so many tries, in ms, spread so that not all come at once. */
export function backoff(tries: number, random = Math.random()): number {
  return Math.min(longest, 1000 * 2 ** Math.min(tries - 1, 10)) * (0.5 + random / 2)
}

/** newKey names a message so that sending it twice does not say it twice. */
export function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, '0')).join('')
}

/**
 * Outbox keeps what was said until the hub has it, through lost connections and
 * reloads, and sends it in order. Each item is kept under a name of its own, so
 * that tabs do not overwrite each other. A tab sends what it took over at its
 * start and what was said in it; of the others' it only shows that it waits.
 */
export class Outbox {
  private readonly items = new Map<string, Item>()
  private readonly foreign = new Set<string>()
  private timer: ReturnType<typeof setTimeout> | undefined
  private busy = false

  constructor(
    private readonly store: Store,
    private readonly send: (item: Item) => Promise<void>,
    private readonly changed: () => void,
  ) {}

  /** adopt takes over everything kept, whichever tab said it, and begins to send. */
  adopt(): void {
    for (const name of this.store.names(prefix)) this.load(name)
    this.foreign.clear()
    void this.pump()
  }

  /** seen is called when another tab changed what is kept under name. */
  seen(name: string): void {
    if (!name.startsWith(prefix)) return
    const key = name.slice(prefix.length)
    if (this.store.get(name) !== null) {
      if (!this.items.has(key)) this.foreign.add(key)
      this.load(name)
    } else if (this.foreign.has(key)) {
      const item = this.items.get(key)
      if (item) item.state = 'sent'
    }
    this.changed()
  }

  private load(name: string): void {
    try {
      const item = JSON.parse(this.store.get(name) ?? '') as Item
      if (this.items.get(item.key)?.state !== 'sent') this.items.set(item.key, item)
    } catch {
      this.store.remove(name) // half-written by a browser that crashed
    }
  }

  list(): Item[] {
    return [...this.items.values()].sort((a, b) => a.at - b.at)
  }

  say(text: string, files: FileRef[] = [], pressed?: string): Item {
    const last = Math.max(0, ...this.list().map((item) => item.at))
    const item: Item = { key: newKey(), text, pressed, files, at: Math.max(Date.now(), last + 1), state: 'waiting', tries: 0 }
    this.keep(item)
    void this.pump()
    return item
  }

  private keep(item: Item): void {
    this.items.set(item.key, item)
    this.store.set(prefix + item.key, JSON.stringify(item))
    this.changed()
  }

  /** drop forgets an item: the log shows it now, or the visitor gave it up. */
  drop(key: string): void {
    this.foreign.delete(key)
    if (this.items.delete(key)) this.changed()
    this.store.remove(prefix + key)
  }

  /** retry sends what failed, or waits, now. */
  retry(key?: string): void {
    const item = key === undefined ? undefined : this.items.get(key)
    if (item?.state === 'failed') this.keep({ ...item, state: 'waiting', tries: 0, problem: undefined })
    if (item) this.foreign.delete(item.key)
    clearTimeout(this.timer)
    this.timer = undefined
    void this.pump()
  }

  clear(): void {
    for (const key of [...this.items.keys()]) if (this.items.get(key)!.state === 'sent') this.drop(key)
  }

  private next(): Item | undefined {
    return this.list().find((item) => item.state === 'waiting' && !this.foreign.has(item.key))
  }

  private async pump(): Promise<void> {
    if (this.busy || this.timer !== undefined) return
    this.busy = true
    try {
      for (let item = this.next(); item; item = this.next()) {
        const wait = await this.attempt(item)
        if (wait > 0) {
          this.timer = setTimeout(() => this.retry(), wait)
          return
        }
      }
    } finally {
      this.busy = false
    }
  }

  /** attempt sends item and returns how long to wait before anything else is sent. */
  private async attempt(item: Item): Promise<number> {
    try {
      await this.send(item)
    } catch (error) {
      const refused = error instanceof Refused ? error : new Refused(0, 'offline', '')
      const tries = item.tries + 1
      if (!this.items.has(item.key)) return 0
      if (refused.passing) {
        this.keep({ ...item, tries })
        return Math.max(refused.after, backoff(tries))
      }
      this.keep({ ...item, tries, state: 'failed', problem: refused.message })
      return 0
    }
    this.store.remove(prefix + item.key)
    // The log may have shown it already, while the answer was under way.
    if (this.items.has(item.key)) this.items.set(item.key, { ...item, state: 'sent' })
    this.changed()
    return 0
  }
}
