import { bubble, type Actions } from './bubble'
import { Composer } from './composer'
import { fill, h, icon, outward } from './dom'
import { awaited, type Entry } from './entries'
import { opening } from './time'
import type { Config, Staffed } from './wire'
import type { Language, Words } from './words'

/** What the panel shows. */
export interface State {
  config: Config
  language: Language
  words: Words
  staffed: Staffed
  begun: boolean
  beginning: boolean
  loaded: boolean
  connected: boolean
  kept: boolean
  forgotten: boolean
  problem: boolean
  code: string
  entries: Entry[]
}

/** What can be done with the panel. */
export interface PanelActions extends Actions {
  close(): void
  begin(): void
  switchLanguage(): void
}

const narrow = '(max-width: 480px)'
/** batch is how long apart messages may come and still be read as one, in ms; margin is above the first, in px. */
const batch = 3000
const margin = 12

/** Panel is the opened chat: head, thread or privacy notice, composer. */
export class Panel {
  readonly element: HTMLElement
  private readonly title = h('h2', { id: 'title' })
  private readonly staffed = h('p', { class: 'staffed' })
  private readonly code = h('p', { class: 'code' })
  private readonly languageButton: HTMLButtonElement
  private readonly closeButton: HTMLButtonElement
  private readonly banner = h('div', { class: 'banner', role: 'status' })
  private readonly start = h('div', { class: 'start' })
  private readonly log = h('div', { class: 'log', role: 'log', tabindex: 0, 'aria-live': 'off' })
  private readonly dots = h('div', { class: 'dots', role: 'status' }, h('i'), h('i'), h('i'))
  private readonly drawn = new Map<string, { element: HTMLElement; as: string }>()
  private readonly scroll: HTMLElement
  private drawnStart = ''
  private announced = false
  private following = true
  private top = 0
  /** anchor is where reading begins: an answer longer than the panel must not lose its first line. */
  private anchor: { element: HTMLElement; since: number } | undefined

  constructor(
    private readonly composer: Composer,
    private readonly actions: PanelActions,
  ) {
    this.languageButton = h('button', { type: 'button', class: 'icon language', onclick: () => actions.switchLanguage() })
    this.closeButton = h('button', { type: 'button', class: 'icon', onclick: () => actions.close() }, icon('close'))
    this.scroll = h('div', { class: 'scroll', onscroll: () => this.scrolled() }, this.start, this.log, this.dots)
    // Pictures arrive late and the composer grows; neither may push the newest words out of sight.
    const resized = new ResizeObserver(() => this.following && this.settle())
    for (const part of [this.scroll, this.log, this.dots]) resized.observe(part)
    this.element = h(
      'section',
      { class: 'panel', role: 'dialog', 'aria-labelledby': 'title', onkeydown: (e) => this.key(e as KeyboardEvent) },
      h(
        'header',
        {},
        h('div', { class: 'about' }, this.title, this.staffed, this.code),
        this.languageButton,
        this.closeButton,
      ),
      this.banner,
      this.scroll,
      composer.element,
    )
  }

  /** focus goes where one would go on. */
  focus(begun: boolean): void {
    if (begun) this.composer.focus()
    else (this.start.querySelector<HTMLElement>('.begin') ?? this.closeButton).focus()
  }

  private key(event: KeyboardEvent): void {
    event.stopPropagation() // the page's own shortcuts are not for what is written here
    if (event.key === 'Escape') this.actions.close()
    if (event.key === 'Tab' && matchMedia(narrow).matches) this.keepFocus(event)
  }

  /** keepFocus goes round within the panel while it covers the page. */
  private keepFocus(event: KeyboardEvent): void {
    const stops = [...this.element.querySelectorAll<HTMLElement>('button:not([disabled]),a[href],textarea,[tabindex="0"]')].filter(
      (stop) => stop.getClientRects().length > 0,
    )
    const root = this.element.getRootNode() as ShadowRoot
    const edge = event.shiftKey ? stops[0] : stops.at(-1)
    if (root.activeElement !== edge) return
    event.preventDefault()
    ;(event.shiftKey ? stops.at(-1) : stops[0])?.focus()
  }

  show(state: State, now: number): void {
    const { words: w, config } = state
    this.element.lang = state.language
    this.element.setAttribute('aria-modal', String(matchMedia(narrow).matches))
    this.title.textContent = config.titles?.[state.language] ?? (config.name || w.launcher)
    this.showStaffed(state, now)
    this.code.textContent = state.code && `${w.code} ${state.code}`
    fill(this.languageButton, w.otherLanguage)
    this.languageButton.setAttribute('aria-label', w.switchLanguage)
    this.closeButton.setAttribute('aria-label', w.close)
    this.log.setAttribute('aria-label', w.messages)
    this.composer.speak(w)
    this.composer.element.hidden = !state.begun
    this.showBanner(state)
    this.showStart(state)
    this.showLog(state, now)
  }

  private showStaffed(state: State, now: number): void {
    const { staffed, words: w } = state
    if (!state.config.name) return fill(this.staffed) // not asked yet
    const opens = staffed.opens ? Date.parse(staffed.opens) : 0
    fill(
      this.staffed,
      h('span', { class: staffed.now ? 'dot on' : 'dot' }),
      staffed.now ? w.staffedNow : opens > now ? w.staffedFrom(opening(opens, now, w)) : w.staffedUnknown,
    )
  }

  private showBanner(state: State): void {
    const { words: w } = state
    const text = !state.connected ? w.offline : state.forgotten ? w.newVisitor : state.begun && !state.kept ? w.notKept : ''
    if (this.banner.textContent !== text) this.banner.textContent = text
    this.banner.hidden = text === ''
  }

  /** showStart draws the notice before the first message, or the greeting of an empty thread. */
  private showStart(state: State): void {
    const { words: w, config } = state
    const as = JSON.stringify([state.language, state.begun, state.beginning, state.problem, state.loaded, config, state.entries.length === 0])
    if (as === this.drawnStart) return
    this.drawnStart = as
    const focused = this.start.contains((this.element.getRootNode() as ShadowRoot).activeElement)
    this.start.hidden = state.begun && state.entries.length > 0
    const phone = config.phone && outward(w.call(config.phone), `tel:${config.phone}`, { class: 'action' })
    if (phone instanceof Element) phone.prepend(icon('phone'))
    if (state.begun) {
      fill(
        this.start,
        state.loaded ? h('p', { class: 'ask' }, w.ask) : h('div', { class: 'skeleton' }),
        state.loaded && phone && h('div', { class: 'links' }, phone),
      )
      return
    }
    fill(
      this.start,
      h('p', { class: 'welcome' }, w.welcome),
      h('p', {}, w.welcomeText),
      h(
        'div',
        { class: 'privacy' },
        h('h3', {}, w.privacyTitle),
        h('p', {}, config.privacy?.[state.language] ?? w.privacy),
        config.privacyUrl && h('p', {}, outward(w.privacyMore, config.privacyUrl)),
      ),
      state.problem && h('p', { class: 'problem', role: 'alert' }, w.unavailable),
      h(
        'button',
        { type: 'button', class: 'begin', disabled: state.beginning, onclick: () => this.actions.begin() },
        state.beginning ? w.beginning : w.begin,
      ),
      phone && h('div', { class: 'links' }, phone),
    )
    if (focused) this.focus(false) // what had it has been drawn anew
  }

  /** showLog redraws the entries that changed, so that readers hear only those. */
  private showLog(state: State, now: number): void {
    const root = this.element.getRootNode() as ShadowRoot
    const focused = this.log.contains(root.activeElement)
    const known = new Set(state.entries.map((entry) => entry.id))
    for (const [id, { element }] of this.drawn) {
      if (known.has(id)) continue
      element.remove()
      this.drawn.delete(id)
    }
    const fresh: Entry[] = []
    state.entries.forEach((entry, i) => {
      const as = JSON.stringify([state.language, entry, Math.floor((now - entry.at) / 60_000)])
      let drawn = this.drawn.get(entry.id)
      if (!drawn) fresh.push(entry)
      if (drawn?.as !== as) {
        const element = bubble(entry, now, state.words, this.actions)
        drawn?.element.replaceWith(element)
        drawn = { element, as }
        this.drawn.set(entry.id, drawn)
      }
      const there = this.log.children[i] ?? null
      if (there !== drawn.element) this.log.insertBefore(drawn.element, there)
    })
    const waiting = awaited(state.entries, now)
    this.dots.classList.toggle('on', waiting)
    if (waiting) this.dots.setAttribute('aria-label', state.words.typing)
    else this.dots.removeAttribute('aria-label')
    // A pressed choice is drawn anew and takes no focus; keys must not fall through to the page.
    if (focused && !this.log.contains(root.activeElement)) this.log.focus({ preventScroll: true })
    this.keepSight(state, fresh, now)
    // What was said before is read when asked for; only what comes now is announced.
    if (state.loaded && !this.announced) {
      this.announced = true
      requestAnimationFrame(() => this.log.setAttribute('aria-live', 'polite'))
    }
  }

  /** keepSight shows what is new to one who follows, from its beginning. */
  private keepSight(state: State, fresh: Entry[], now: number): void {
    if (fresh.length > 0 && state.entries.at(-1)?.own) return this.toEnd()
    const begins = fresh.find((entry) => !entry.own)
    const element = begins && this.drawn.get(begins.id)?.element
    const together = this.anchor?.element.isConnected && now - this.anchor.since < batch
    if (element && this.announced && !together) this.anchor = { element, since: now }
    if (this.following) this.settle()
  }

  /** scrolled: one who goes up reads what was said earlier and is left there. */
  private scrolled(): void {
    const { scrollTop } = this.scroll
    if (this.atEnd) this.following = true
    else if (scrollTop < this.top) this.following = false
    this.top = scrollTop
  }

  private get atEnd(): boolean {
    return this.scroll.scrollHeight - this.scroll.scrollTop - this.scroll.clientHeight < 80
  }

  /** toEnd follows from here on, whatever comes. */
  toEnd(): void {
    this.anchor = undefined
    this.following = true
    this.settle()
  }

  private settle(): void {
    const end = this.scroll.scrollHeight - this.scroll.clientHeight
    const begins = this.anchor?.element.isConnected ? this.anchor.element.offsetTop - margin : end
    this.scroll.scrollTop = Math.min(begins, end)
  }
}
