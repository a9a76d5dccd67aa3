import { Api } from './api'
import { Composer } from './composer'
import { fill, h, icon } from './dom'
import { awaited, entries } from './entries'
import { Live } from './live'
import { Outbox, type Item } from './outbox'
import { Panel, type State } from './panel'
import { browserStorage, Store } from './store'
import { Thread } from './thread'
import type { Config, Said, Staffed } from './wire'
import { language, words, type Language } from './words'

/** grace is how long a broken connection may go unmentioned, in ms. */
const grace = 3000

/** App ties the parts together and holds what is true now. */
export class App {
  private readonly store: Store
  private readonly page: Store
  private readonly api: Api
  private readonly thread = new Thread()
  private readonly outbox: Outbox
  private readonly live: Live
  private readonly launcher: HTMLButtonElement
  private readonly badge = h('span', { class: 'badge', hidden: true })
  private readonly announcer = h('div', { class: 'hidden', role: 'status' })
  private readonly files = new Map<string, Promise<string>>()
  private panel: Panel | undefined
  private config: Config
  private staffed: Staffed = { now: false }
  private language: Language
  private opened = false
  private loaded = false
  private following = false
  private beginning = false
  private problem = false
  private forgotten = false
  private connected = true
  private disconnecting: ReturnType<typeof setTimeout> | undefined
  private returnTo: HTMLElement | null = null
  private drawing = false
  private later: ReturnType<typeof setTimeout> | undefined

  constructor(
    private readonly root: ShadowRoot,
    base: URL,
    channel: string,
    lang: string | undefined,
  ) {
    const prefix = `tongdai:${base.host}:${channel}:`
    this.store = new Store(prefix, browserStorage('localStorage'))
    this.page = new Store(prefix, browserStorage('sessionStorage'))
    this.config = this.knownConfig()
    this.language = language(this.store.get('language') ?? lang ?? document.documentElement.lang)
    this.api = new Api(base, this.store)
    this.api.forgotten = () => this.forget()
    this.outbox = new Outbox(this.store, (item) => this.send(item), () => this.draw())
    this.live = new Live(
      this.api,
      {
        said: (list) => this.hear(list),
        staffed: (staffed) => {
          this.staffed = staffed
          this.draw()
        },
        connected: (now) => this.connection(now),
        leading: () => this.outbox.adopt(),
      },
      prefix,
    )
    this.store.watch((name) => this.elsewhere(name))
    this.launcher = h('button', { type: 'button', class: 'launcher', 'aria-haspopup': 'dialog', onclick: () => (this.opened ? this.close() : this.open()) }, icon('chat'), this.badge)
    root.append(this.launcher, this.announcer)
    addEventListener('online', () => {
      this.outbox.retry()
      this.draw()
    })
    addEventListener('offline', () => this.draw())
    document.addEventListener('visibilitychange', () => this.draw())
    setInterval(() => this.opened && this.draw(), 30_000) // times grow old
    this.draw()
  }

  /** knownConfig is what the hub said on the page before, or stands in for it. */
  private knownConfig(): Config {
    try {
      return JSON.parse(this.page.get('config')!) ?? unknownConfig
    } catch {
      return unknownConfig
    }
  }

  /** restore goes on where the page before, or an earlier visit, left off. */
  restore(): void {
    if (this.api.begun) this.follow()
    if (this.page.get('open')) this.open()
  }

  open(): void {
    if (this.opened) return
    this.opened = true
    this.page.set('open', '1')
    this.returnTo = document.activeElement as HTMLElement | null
    this.launcher.classList.add('away')
    void this.showPanel()
    dispatchEvent(new CustomEvent('tongdai:open'))
  }

  close(): void {
    if (!this.opened) return
    this.opened = false
    this.page.remove('open')
    this.panel?.element.remove()
    this.launcher.classList.remove('away')
    this.draw()
    const back = this.returnTo?.isConnected && this.returnTo !== document.body ? this.returnTo : this.launcher
    ;(back === this.root.host ? this.launcher : back).focus()
    dispatchEvent(new CustomEvent('tongdai:close'))
  }

  /** showPanel shows what is known at once, and asks the hub afterwards. */
  private async showPanel(): Promise<void> {
    this.panel ??= this.build()
    this.root.append(this.panel.element)
    this.drawNow()
    this.panel.toEnd()
    this.panel.focus(this.api.begun)
    try {
      this.config = await this.api.config()
      this.staffed = this.config.staffed
      this.problem = false
      this.page.set('config', JSON.stringify(this.config))
    } catch {
      this.problem = !this.api.begun
    }
    this.draw()
  }

  private build(): Panel {
    const draft = { get: () => this.store.get('draft') ?? '', set: (text: string) => this.keepDraft(text) }
    const composer = new Composer(this.api, () => this.config.limits, draft, (text, files) => this.outbox.say(text, files))
    return new Panel(composer, {
      close: () => this.close(),
      begin: () => void this.begin(),
      switchLanguage: () => this.switchLanguage(),
      press: (value, label) => this.outbox.say(label, [], value),
      retry: (key) => this.outbox.retry(key),
      discard: (key) => this.outbox.drop(key),
      fetch: (ticket) => this.fetch(ticket),
    })
  }

  private keepDraft(text: string): void {
    if (text) this.store.set('draft', text)
    else this.store.remove('draft')
  }

  private switchLanguage(): void {
    this.language = this.language === 'vi' ? 'en' : 'vi'
    this.store.set('language', this.language)
    this.draw()
  }

  /** begin is the visitor's word that the notice was read. */
  private async begin(): Promise<void> {
    this.beginning = true
    this.problem = false
    this.draw()
    try {
      await this.api.begin()
      this.follow()
    } catch {
      this.problem = true
    }
    this.beginning = false
    this.drawNow()
    if (!this.problem) this.panel?.focus(true)
  }

  private follow(): void {
    if (this.following) return
    this.following = true
    void this.api.refresh().catch(() => {}) // it is good for weeks yet
    this.outbox.adopt()
    void this.live.start()
  }

  private async send(item: Item): Promise<void> {
    const attachments = item.files.map((file) => file.ticket!)
    await this.api.say({
      key: item.key,
      text: item.text,
      pressed: item.pressed,
      attachments,
      language: this.language,
      page: location.origin + location.pathname,
    })
  }

  private hear(list: Said[]): void {
    const first = !this.loaded
    const fresh = this.thread.add(list)
    for (const said of list) if (said.own && said.key) this.outbox.drop(said.key)
    this.loaded = true
    if (!first && fresh.some((said) => !said.own) && !this.looking) this.announcer.textContent = words[this.language].newMessage
    this.draw()
  }

  private connection(now: boolean): void {
    clearTimeout(this.disconnecting)
    if (now) {
      if (!this.connected) this.outbox.retry()
      this.connected = true
      this.draw()
      return
    }
    this.disconnecting = setTimeout(() => {
      this.connected = false
      this.draw()
    }, grace)
  }

  /** forget is for when the hub has given us a new name: what was said is not ours to read any more. */
  private forget(): void {
    this.thread.clear()
    this.forgotten = true
    this.live.restart()
    this.draw()
  }

  /** elsewhere: another tab changed what is kept. */
  private elsewhere(name: string): void {
    if (name === 'token' && this.api.begun) this.follow()
    this.outbox.seen(name)
    this.draw()
  }

  private fetch(ticket: string): Promise<string> {
    let address = this.files.get(ticket)
    if (!address) {
      address = this.api.file(ticket).then((blob) => URL.createObjectURL(blob))
      address.catch(() => this.files.delete(ticket))
      this.files.set(ticket, address)
    }
    return address
  }

  private get looking(): boolean {
    return this.opened && document.visibilityState === 'visible'
  }

  /** unread counts what others said since somebody last looked, in any tab. */
  private unread(): number {
    const log = this.thread.list()
    const newest = Math.max(0, ...log.map((said) => Date.parse(said.at)))
    const seen = Number(this.store.get('seen') ?? 0)
    if (this.looking) {
      if (newest > seen) this.store.set('seen', String(newest))
      return 0
    }
    return log.filter((said) => !said.own && Date.parse(said.at) > seen).length
  }

  /** draw draws soon, once for all that changes until then. */
  private draw(): void {
    if (this.drawing) return
    this.drawing = true
    queueMicrotask(() => this.drawNow())
  }

  private drawNow(): void {
    this.drawing = false
    const w = words[this.language]
    const unread = this.unread()
    const label = unread > 0 ? w.openUnread(unread) : w.open
    this.launcher.setAttribute('aria-label', label)
    this.launcher.setAttribute('aria-expanded', String(this.opened))
    this.launcher.title = w.launcher
    this.badge.hidden = unread === 0
    fill(this.badge, unread > 9 ? '9+' : String(unread))
    if (!this.panel || !this.opened) return
    const now = Date.now()
    const state: State = {
      config: this.config,
      language: this.language,
      words: w,
      staffed: this.staffed,
      begun: this.api.begun,
      beginning: this.beginning,
      loaded: this.loaded,
      connected: this.connected && navigator.onLine,
      kept: this.store.kept,
      forgotten: this.forgotten,
      problem: this.problem,
      code: this.thread.code,
      entries: entries(this.thread.list(), this.outbox.list()),
    }
    this.panel.show(state, now)
    if (awaited(state.entries, now)) this.drawLater()
  }

  private drawLater(): void {
    clearTimeout(this.later)
    this.later = setTimeout(() => this.draw(), 1000)
  }
}

/** unknownConfig stands in until the hub has been asked. */
const unknownConfig: Config = {
  name: '',
  languages: ['vi', 'en'],
  staffed: { now: false },
  limits: { text: 4000, attachment: 10 << 20, attachments: 10 },
}
