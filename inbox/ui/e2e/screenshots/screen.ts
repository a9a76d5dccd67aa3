import { createHash } from 'node:crypto'
import type { BrowserContextOptions, Page } from '@playwright/test'
import type { Desk } from '../support/desk.ts'
import type { Login, People } from '../support/test.ts'
import type { Scene } from './scene.ts'

/** One page, or one state of it, as it is shown to whoever looks the pictures through. */
export interface Screen {
  /** Of the file in docs/screens. */
  name: string
  /** What it is, in Vietnamese. */
  title: string
  /** The routes of router.ts and of the portal that it is the picture of. */
  pages?: string[]
  /** Opens it and returns the page once there is something to see. */
  show(look: Look): Promise<Page>
}

export const heights = 844
const sizes = { wide: { width: 1280, height: heights }, phone: { width: 390, height: heights } }
export type Size = keyof typeof sizes
export type Scheme = 'light' | 'dark'

/** The order of the pictures on a sheet. */
export const looks: [Size, Scheme][] = [['wide', 'light'], ['wide', 'dark'], ['phone', 'light'], ['phone', 'dark']]

/** One size and colour scheme: everybody has one browser in it, which serves all screens. */
export class Look {
  private readonly members = new Map<Login, Promise<Desk>>()
  private readonly options: BrowserContextOptions

  constructor(
    readonly size: Size,
    readonly scheme: Scheme,
    readonly people: People,
    readonly scene: Scene,
  ) {
    this.options = { viewport: sizes[size], colorScheme: scheme, reducedMotion: 'reduce' }
  }

  get narrow(): boolean {
    return this.size === 'phone'
  }

  /** A word that no other look has, for what must not be named twice. */
  get mark(): string {
    return createHash('sha256').update(`${this.size}-${this.scheme}`).digest('hex').slice(0, 4)
  }

  member(login: Login): Promise<Desk> {
    let known = this.members.get(login)
    if (!known) {
      known = this.people.member(login, this.options).then(async (desk) => {
        await this.stop(desk.page)
        return desk
      })
      this.members.set(login, known)
    }
    return known
  }

  /** Somebody without an account, perhaps on another hub. */
  async stranger(url?: string): Promise<Page> {
    const page = await this.people.stranger(this.options, url)
    await this.stop(page)
    return page
  }

  citizen() {
    return this.people.citizen(this.options)
  }

  /** The browser's clock stands still, so that "3 phút trước" says the same in all four pictures. */
  private stop(page: Page): Promise<void> {
    return page.clock.setFixedTime(this.scene.now)
  }
}

/** Waits for letters, pictures and data. */
export async function settled(page: Page): Promise<void> {
  await page.waitForLoadState('load')
  await page.evaluate(() => document.fonts.ready)
  await page.waitForFunction(() => !document.querySelector('.skeleton'))
  // What has arrived is drawn with the next frame.
  await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))))
}
