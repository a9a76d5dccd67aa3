import { expect, type Locator, type Page } from '@playwright/test'

/** The desk, as a member uses it. */
export class Desk {
  readonly list: Locator
  readonly rows: Locator
  readonly thread: Locator
  readonly log: Locator
  readonly context: Locator
  readonly answer: Locator
  readonly note: Locator
  readonly banner: Locator

  constructor(readonly page: Page) {
    this.list = page.locator('main section').first()
    this.rows = page.locator('[data-id]')
    this.thread = page.getByRole('region', { name: /^Cuộc hội thoại với/ })
    this.log = page.getByRole('log', { name: 'Tin nhắn' })
    this.context = page.getByRole('complementary', { name: 'Thông tin thêm' })
    this.answer = page.getByRole('textbox', { name: 'Trả lời', exact: true })
    this.note = page.getByRole('textbox', { name: 'Ghi chú', exact: true })
    this.banner = page.getByRole('alert').filter({ hasText: 'KHẨN' })
  }

  async visit(view = 'open'): Promise<void> {
    await this.page.goto(`/desk?view=${view}`)
    await expect(this.list.locator('ul').or(this.list.getByText(/^Không có phiếu/))).toBeVisible()
  }

  /** The number inside the hub of the conversation with a code. */
  async idOf(code: string, view = 'all'): Promise<string | undefined> {
    const page = await this.page.request.get(`/api/v1/conversations?view=${view}&limit=100`)
    const { conversations } = (await page.json()) as { conversations: { id: string; code: string }[] }
    return conversations.find((c) => c.code === code)?.id
  }

  /** The row of a conversation, once the hub knows the code. */
  async row(code: string): Promise<Locator> {
    await expect.poll(() => this.idOf(code), `the hub knows ${code}`).toBeTruthy()
    return this.page.locator(`[data-id="${await this.idOf(code)}"]`)
  }

  /** Looks for a row further down too: only those near the screen exist. */
  async find(code: string): Promise<Locator> {
    const row = await this.row(code)
    const scroller = this.list.locator('div').filter({ has: this.page.locator('ul [data-id]') })
    await expect(async () => {
      if (!(await row.count())) await scroller.evaluate((box) => box.scrollBy(0, 300))
      await expect(row).toBeVisible({ timeout: 300 })
    }).toPass()
    return row
  }

  /** Opens a conversation by its row in a view. */
  async open(code: string, view = 'open'): Promise<void> {
    await this.visit(view)
    await (await this.find(code)).click()
    await this.opened(code)
  }

  /** Opens a conversation by its address. */
  async goTo(code: string): Promise<void> {
    await this.row(code)
    await this.page.goto(`/desk/c/${await this.idOf(code)}?view=all`)
    await this.opened(code)
  }

  /** Gives a matter to a department, which is found by some letters of its name. */
  async transfer(code: string, letters: string, department: string): Promise<void> {
    await this.goTo(code)
    await this.page.getByRole('button', { name: /^Đơn vị:/ }).click()
    await this.page.getByRole('combobox', { name: 'Đơn vị' }).fill(letters)
    await this.page.getByRole('option', { name: department, exact: true }).click()
    await this.page.getByLabel('Lời nhắn').fill('Nhờ đơn vị trả lời giúp.')
    await this.page.getByRole('button', { name: 'Chuyển', exact: true }).click()
    await expect(this.log.getByText(new RegExp(`chuyển tới ${department}`))).toBeVisible()
  }

  async opened(code: string): Promise<void> {
    await expect(this.thread.getByText(code, { exact: true }).first()).toBeVisible()
    await expect(this.log).toBeVisible()
  }

  /** Reads to the end: what was not on the screen counts as unread. */
  async readToEnd(): Promise<void> {
    await this.log.evaluate((box) => box.scrollTo(0, box.scrollHeight))
  }

  message(text: string | RegExp): Locator {
    return this.log.getByRole('article').filter({ hasText: text })
  }

  async reply(text: string): Promise<void> {
    await this.answer.fill(text)
    await this.page.getByRole('button', { name: 'Gửi', exact: true }).click()
  }

  /** The ids of the rows on the screen, from the top. */
  order(): Promise<string[]> {
    return this.rows.evaluateAll((rows) =>
      rows
        .map((row) => ({ id: row.getAttribute('data-id')!, top: row.getBoundingClientRect().top }))
        .sort((a, b) => a.top - b.top)
        .map((row) => row.id),
    )
  }
}
