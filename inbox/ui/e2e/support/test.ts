import { test as base, expect, type APIRequestContext, type Browser, type BrowserContext, type BrowserContextOptions, type Page } from '@playwright/test'
import { surroundings } from './browser.ts'
import { Desk } from './desk.ts'
import { Hub } from './hub.ts'
import { Line } from './line.ts'
import { Widget } from './widget.ts'

/** Password of every account of the demonstration; the program prints it. */
export const password = 'trong-dong-dong-son'

/** The accounts of the demonstration. */
export type Login = 'quantri' | 'truongca' | 'lan' | 'minh' | 'soyte' | 'noivu'

type StorageState = Awaited<ReturnType<APIRequestContext['storageState']>>

/** Opens browsers of people, each separate from all others. */
export class People {
  private readonly contexts: BrowserContext[] = []
  readonly complaints: string[] = []

  constructor(
    private readonly browser: Browser,
    private readonly session: (login: Login) => Promise<StorageState>,
    readonly url: string,
  ) {}

  /** A person nobody knows yet. */
  async stranger(options: BrowserContextOptions = {}, url = this.url): Promise<Page> {
    const context = await this.browser.newContext({ ...surroundings, baseURL: url, ...options })
    this.contexts.push(context)
    this.watch(context)
    return context.newPage()
  }

  /** A citizen on the portal with the chat open and the notice read. */
  async citizen(options: BrowserContextOptions = {}): Promise<Widget> {
    const widget = new Widget(await this.stranger(options))
    await widget.begin()
    return widget
  }

  /** A member who has logged in. */
  async member(login: Login, options: BrowserContextOptions = {}): Promise<Desk> {
    return new Desk(await this.stranger({ storageState: await this.session(login), ...options }))
  }

  /** Every page is listened to: an uncaught exception, or something the content security policy forbids, fails the test. */
  private watch(context: BrowserContext): void {
    context.on('weberror', (error) => this.complaints.push(`uncaught: ${error.error().stack}`))
    context.on('console', (message) => {
      if (/content security policy/i.test(message.text())) this.complaints.push(`${message.page()?.url()}: ${message.text()}`)
    })
  }

  async leave(): Promise<void> {
    await Promise.all(this.contexts.map((context) => context.close()))
  }
}

export const test = base.extend<{ people: People; line: Line }, { hub: Hub; session: (login: Login) => Promise<StorageState> }>({
  hub: [
    async ({}, use, worker) => {
      const hub = await Hub.start('demo', `demo-${worker.workerIndex}`)
      await use(hub)
      await hub.stop()
    },
    { scope: 'worker', timeout: 120_000 },
  ],

  // Logging in is slow on purpose, so each member does it once per hub, or once in a
  // few minutes: what changes rights asks for the password again after ten.
  session: [
    async ({ hub, playwright }, use) => {
      const known = new Map<Login, { at: number; state: Promise<StorageState> }>()
      async function logIn(login: Login): Promise<StorageState> {
        const request = await playwright.request.newContext({ baseURL: hub.url, extraHTTPHeaders: { Origin: hub.url } })
        const answer = await request.post('/api/v1/session', { data: { login, password } })
        if (!answer.ok()) throw new Error(`${login} cannot log in: ${answer.status()} ${await answer.text()}`)
        const state = await request.storageState()
        await request.dispose()
        return state
      }
      await use((login) => {
        const last = known.get(login)
        if (last && Date.now() - last.at < 7 * 60_000) return last.state
        const state = logIn(login)
        known.set(login, { at: Date.now(), state })
        return state
      })
    },
    { scope: 'worker' },
  ],

  line: async ({ hub }, use) => {
    const line = await Line.to(hub.url)
    await use(line)
    line.close()
  },

  people: async ({ browser, hub, session }, use) => {
    const people = new People(browser, session, hub.url)
    await use(people)
    await people.leave()
    expect(people.complaints, 'no uncaught exception, nothing against the content security policy').toEqual([])
  },
})

export { expect }
