import { expect, type Locator, type Page } from '@playwright/test'

/** A question that the demonstration's knowledge has no answer to. */
export const unknown = 'cột điện trước cửa nhà nghiêng sắp đổ, báo ai vậy'

/** The chat on the portal, as a citizen uses it. */
export class Widget {
  readonly panel: Locator
  readonly log: Locator
  readonly box: Locator
  readonly banner: Locator

  constructor(readonly page: Page) {
    const widget = page.locator('tongdai-chat')
    this.panel = widget.getByRole('dialog')
    this.log = this.panel.getByRole('log')
    this.box = this.panel.getByRole('textbox')
    this.banner = this.panel.locator('.banner')
  }

  /** Opens the portal, the chat, and reads the notice. */
  async begin(): Promise<void> {
    await this.page.goto('/')
    await this.page.getByRole('link', { name: 'Trò chuyện ngay' }).first().click()
    await this.panel.getByRole('button', { name: 'Bắt đầu trò chuyện' }).click()
    await expect(this.box).toBeFocused()
  }

  async say(text: string): Promise<void> {
    await this.box.fill(text)
    await this.box.press('Enter')
  }

  /** What was said with these words, by anybody. */
  entry(text: string | RegExp): Locator {
    return this.log.locator('.entry', { hasText: text })
  }

  /** What others said with these words. */
  heard(text: string | RegExp): Locator {
    return this.log.locator('.entry:not(.own)', { hasText: text })
  }

  choice(name: string | RegExp): Locator {
    return this.log.getByRole('button', { name })
  }

  /** The code by which people find this matter. */
  async code(): Promise<string> {
    const line = this.panel.locator('.code')
    await expect(line).toHaveText(/TH-\d+-\d+/)
    return /TH-\d+-\d+/.exec(await line.innerText())![0]
  }

  /** Asks something no entry answers, sees that people will, and returns the code of the matter. */
  async askUnknown(): Promise<string> {
    await this.say(unknown)
    await expect(this.heard('chưa có sẵn câu trả lời')).toBeVisible()
    return this.code()
  }
}
