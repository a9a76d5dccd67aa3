import { expect, type Locator, type Page } from '@playwright/test'

/** The page of the simulated Zalo that looks like a citizen's phone. */
export class Phone {
  readonly messages: Locator
  readonly box: Locator

  constructor(readonly page: Page) {
    this.messages = page.locator('#messages')
    this.box = page.getByRole('textbox', { name: 'Tin nhắn' })
  }

  /** Opens the phone of somebody of that name, who has written nothing yet. */
  async begin(address: string, name: string): Promise<void> {
    await this.page.goto(`${address}?name=${encodeURIComponent(name)}`)
    await expect(this.messages).toContainText('Hãy gửi tin đầu tiên')
  }

  async say(text: string): Promise<void> {
    await this.box.fill(text)
    await this.box.press('Enter')
    await expect(this.said(text).last()).toBeVisible()
  }

  /** What the citizen said with these words. */
  said(text: string): Locator {
    return this.messages.locator('article.own', { hasText: text })
  }

  /** What the account said with these words. */
  heard(text: string | RegExp): Locator {
    return this.messages.locator('article.theirs', { hasText: text })
  }
}
