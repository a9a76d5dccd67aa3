import type { Api } from './api'
import { backoff } from './outbox'
import type { Said, Staffed } from './wire'

type News = { said?: Said[]; staffed?: Staffed; connected?: boolean }

/** What Live tells. */
export interface Listener {
  said(list: Said[]): void
  staffed(staffed: Staffed): void
  connected(now: boolean): void
  /** leading: this tab is the one that follows the hub for all tabs. */
  leading(): void
}

/**
 * Live follows the hub's log. Of several tabs one holds the stream, because
 * browsers allow few connections to one host, and tells the others; when it
 * goes, the next takes over. A tab that was asleep reads what it missed: its
 * cursor moves only with what it has read itself.
 */
export class Live {
  private cursor = ''
  private stopped = new AbortController()
  private wake: () => void = () => {}
  private readonly tabs: BroadcastChannel | undefined

  constructor(
    private readonly api: Api,
    private readonly listener: Listener,
    private readonly name: string,
  ) {
    this.tabs = 'BroadcastChannel' in globalThis ? new BroadcastChannel(name) : undefined
    if (this.tabs) this.tabs.onmessage = (event: MessageEvent<News>) => this.hear(event.data)
    addEventListener('online', () => this.nudge())
    document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && this.nudge())
  }

  private hear(news: News): void {
    if (news.said) this.listener.said(news.said)
    if (news.staffed) this.listener.staffed(news.staffed)
    if (news.connected !== undefined) this.listener.connected(news.connected)
  }

  private tell(news: News): void {
    this.hear(news)
    this.tabs?.postMessage(news)
  }

  /** start reads what was said so far, then follows until stop. */
  async start(): Promise<void> {
    const { signal } = (this.stopped = new AbortController())
    await this.until(() => this.catchUp(), signal)
    if (signal.aborted) return
    if (navigator.locks) await navigator.locks.request(this.name, { signal }, () => this.follow(signal)).catch(() => {})
    else await this.follow(signal)
  }

  stop(): void {
    this.stopped.abort()
    this.wake()
  }

  /** restart forgets how far was read: the visitor is another one. */
  restart(): void {
    this.stop()
    this.cursor = ''
    void this.start()
  }

  /** nudge ends a pause and reads what another tab may not have told. */
  private nudge(): void {
    this.wake()
    if (this.api.begun && this.cursor) void this.catchUp().catch(() => {})
  }

  private async catchUp(): Promise<void> {
    for (let more = true; more; ) {
      const page = await this.api.history(this.cursor)
      this.cursor = page.cursor
      this.listener.said(page.said)
      more = page.more
    }
    this.listener.connected(true)
  }

  private async follow(signal: AbortSignal): Promise<void> {
    this.listener.leading()
    await this.until(async () => {
      const opened = () => this.tell({ connected: true })
      for await (const event of this.api.stream(this.cursor, opened, signal)) {
        if (event.kind === 'said') {
          this.cursor = event.id
          this.tell({ said: [JSON.parse(event.data)] })
        } else if (event.kind === 'staffed') {
          this.tell({ staffed: JSON.parse(event.data) })
        }
      }
      throw new Error('the stream ended')
    }, signal)
  }

  /** until repeats a task until it succeeds, pausing longer and longer. */
  private async until(task: () => Promise<void>, signal: AbortSignal): Promise<void> {
    for (let tries = 1; !signal.aborted; tries++) {
      const began = Date.now()
      try {
        return await task()
      } catch {
        if (signal.aborted) return
        this.tell({ connected: false })
        if (Date.now() - began > 60_000) tries = 1 // it had worked for a while
        await this.pause(backoff(tries))
      }
    }
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}
