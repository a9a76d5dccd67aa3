import { solve } from './proof'
import { events, type ServerEvent } from './sse'
import type { Store } from './store'
import type { Challenge, Config, FileRef, History, Post } from './wire'

/** Refused is an answer that is not what was asked for. Status 0 is no answer at all. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly after = 0,
    readonly challenge?: Challenge,
  ) {
    super(message)
  }

  /** passing troubles are worth another try. */
  get passing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500
  }
}

/** renewAge is after how long a session is renewed, in ms. */
const renewAge = 24 * 3600_000
/** silence is how long a stream may say nothing; the hub shows life every 20 s. */
const silence = 50_000

/** Api speaks to one channel of the hub as one visitor. */
export class Api {
  private renewing: Promise<void> | undefined
  /** forgotten is called when the hub no longer knows the visitor and a new one begins. */
  forgotten: () => void = () => {}

  constructor(
    private readonly base: URL,
    private readonly store: Store,
  ) {}

  get begun(): boolean {
    return this.store.get('token') !== null
  }

  async config(): Promise<Config> {
    const config = await this.json<Config>('GET', 'config')
    if (config.privacyUrl) config.privacyUrl = new URL(config.privacyUrl, this.base).href
    return config
  }

  /** begin opens a session unless there is one, another tab's perhaps. */
  async begin(): Promise<void> {
    if (!this.begun) await this.session()
  }

  /** refresh renews a session that is a day old, long before it expires. */
  async refresh(): Promise<void> {
    const age = Date.now() - Number(this.store.get('token-at'))
    if (this.begun && age > renewAge) await this.session()
  }

  private session(): Promise<void> {
    this.renewing ??= this.open().finally(() => (this.renewing = undefined))
    return this.renewing
  }

  private async open(): Promise<void> {
    const had = this.begun
    const ask = (body?: string) => this.json<{ token: string; renewed: boolean }>('POST', 'session', body)
    const answer = await ask().catch(async (error) => {
      // Many come from where we are: those who have worked for it are let in.
      const proof = error instanceof Refused && error.challenge && (await solve(error.challenge))
      if (!proof) throw error
      return ask(JSON.stringify({ proof }))
    })
    this.store.set('token', answer.token)
    this.store.set('token-at', String(Date.now()))
    if (had && !answer.renewed) this.forgotten()
  }

  /** said resolves once the hub has the message on disk. */
  async say(post: Post): Promise<void> {
    await this.asVisitor(() => this.json('POST', 'messages', JSON.stringify(post)))
  }

  history(after: string): Promise<History> {
    return this.asVisitor(() => this.json('GET', `history?after=${encodeURIComponent(after)}`))
  }

  async file(ticket: string): Promise<Blob> {
    return this.asVisitor(async () => (await this.call('GET', `attachments/${ticket}`)).blob())
  }

  /** upload tells its progress from 0 to 1. */
  upload(file: File, progress: (share: number) => void, signal: AbortSignal): Promise<FileRef> {
    return this.asVisitor(
      () =>
        new Promise<FileRef>((resolve, reject) => {
          const request = new XMLHttpRequest() // fetch does not tell how much was sent
          request.open('POST', new URL('attachments', this.base))
          request.setRequestHeader('Authorization', `Bearer ${this.store.get('token')}`)
          request.responseType = 'json'
          request.upload.onprogress = (e) => e.lengthComputable && progress(e.loaded / e.total)
          request.onerror = () => reject(new Refused(0, 'offline', ''))
          request.onabort = () => reject(new Refused(0, 'aborted', ''))
          request.onload = () => {
            const answer = request.response ?? {}
            if (request.status === 200) resolve(answer)
            else reject(new Refused(request.status, answer.code ?? '', answer.message ?? ''))
          }
          signal.addEventListener('abort', () => request.abort())
          const form = new FormData()
          form.append('file', file, file.name)
          request.send(form)
        }),
    )
  }

  /** stream yields what happens after a cursor until the connection ends or falls silent. */
  async *stream(after: string, opened: () => void, signal: AbortSignal): AsyncGenerator<ServerEvent> {
    const quiet = new AbortController()
    const stop = () => quiet.abort()
    signal.addEventListener('abort', stop)
    let timer = setTimeout(stop, silence)
    try {
      const path = `events?after=${encodeURIComponent(after)}`
      const response = await this.asVisitor(() => this.call('GET', path, undefined, quiet.signal))
      opened()
      yield* events(response.body!, () => {
        clearTimeout(timer)
        timer = setTimeout(stop, silence)
      })
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', stop)
      stop()
    }
  }

  /** asVisitor opens a session again, once, when the hub does not take ours. */
  private async asVisitor<T>(call: () => Promise<T>): Promise<T> {
    const token = this.store.get('token')
    try {
      return await call()
    } catch (error) {
      if (!(error instanceof Refused) || error.status !== 401) throw error
    }
    if (this.store.get('token') === token) await this.session() // else another tab has done so
    return call()
  }

  private async json<T>(method: string, path: string, body?: string): Promise<T> {
    return (await this.call(method, path, body)).json()
  }

  private async call(method: string, path: string, body?: string, signal?: AbortSignal): Promise<Response> {
    const headers: Record<string, string> = {}
    const token = this.store.get('token')
    if (token) headers.Authorization = `Bearer ${token}`
    if (body) headers['Content-Type'] = 'application/json'
    let response: Response
    try {
      response = await fetch(new URL(path, this.base), {
        method,
        headers,
        body,
        signal: signal ?? AbortSignal.timeout(30_000),
        credentials: 'omit',
        cache: 'no-store',
        referrerPolicy: 'no-referrer',
      })
    } catch {
      throw new Refused(0, 'offline', '')
    }
    if (response.ok) return response
    const answer = await response.json().catch(() => ({}))
    throw new Refused(response.status, answer.code ?? '', answer.message ?? '', Number(response.headers.get('Retry-After')) * 1000, answer.challenge)
  }
}
