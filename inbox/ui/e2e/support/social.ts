import { crc32, deflateSync } from 'node:zlib'
import { expect, type Locator, type Page } from '@playwright/test'
import type { Desk } from './desk.ts'

/** A page of a simulated platform that looks like its app on a citizen's phone. */
export class Chat {
  readonly messages: Locator
  readonly own: Locator
  readonly theirs: Locator

  constructor(readonly page: Page) {
    this.messages = page.getByLabel('Tin nhắn', { exact: true }).first()
    this.own = page.getByTestId('own')
    this.theirs = page.getByTestId('theirs')
  }

  async open(address: string, name: string): Promise<void> {
    await this.page.goto(`${address}?name=${encodeURIComponent(name)}`)
  }

  async say(text: string): Promise<void> {
    await this.page.getByTestId('text').fill(text)
    await this.page.getByTestId('text').press('Enter')
    await expect(this.own.filter({ hasText: text }).last()).toBeVisible()
  }

  async send(...files: Picture[]): Promise<void> {
    const before = await this.own.count()
    await this.page.getByTestId('file').setInputFiles(files)
    await expect(this.own).toHaveCount(before + files.length)
  }

  heard(text: string | RegExp): Locator {
    return this.theirs.filter({ hasText: text })
  }

  /** The code of the matter, once the citizen has been told it. */
  async code(): Promise<string> {
    await expect(this.heard(/TH-\d{6}-\d{4}/).last()).toBeVisible()
    return /TH-\d{6}-\d{4}/.exec((await this.heard(/TH-\d{6}-\d{4}/).last().textContent())!)![0]
  }
}

/** A post with its comments, as one person sees it. */
export class Wall {
  readonly comments: Locator

  constructor(
    readonly page: Page,
    private readonly address: string,
  ) {
    this.comments = page.getByTestId('comment')
  }

  async as(name: string): Promise<void> {
    await this.page.goto(`${this.address}?name=${encodeURIComponent(name)}`)
  }

  async comment(text: string): Promise<void> {
    await this.page.getByTestId('comment-text').fill(text)
    await this.page.getByTestId('comment-send').click()
    await expect(this.of(text)).toBeVisible()
  }

  of(text: string): Locator {
    return this.comments.filter({ hasText: text })
  }

  /** What the page itself wrote with these words. */
  ours(text: string): Locator {
    return this.page.locator('article.of-page').filter({ hasText: text })
  }
}

/** The code of the conversation with the person of a name that waits for people, once there is one. */
export async function codeOf(desk: Desk, name: string): Promise<string> {
  let code = ''
  await expect
    .poll(async () => {
      const answer = await desk.page.request.get('/api/v1/conversations?view=open&limit=100')
      const { conversations } = (await answer.json()) as { conversations: { code: string; contact_name: string }[] }
      return (code = conversations.find((c) => c.contact_name === name)?.code ?? '')
    }, `a matter of ${name} waits for people`)
    .not.toBe('')
  return code
}

/** That the pictures a page shows here have come and can be seen. */
export async function expectSeen(pictures: Locator, count: number): Promise<void> {
  await expect(pictures).toHaveCount(count)
  await expect
    .poll(() => pictures.evaluateAll((all) => all.filter((one) => (one as HTMLImageElement).naturalWidth > 0).length), 'the pictures are whole')
    .toBe(count)
}

export interface Picture {
  name: string
  mimeType: string
  buffer: Buffer
}

/** A picture of one colour, 120 × 80. */
export function picture(name: string, [red, green, blue]: [number, number, number]): Picture {
  const [width, height] = [120, 80]
  const row = Buffer.concat([Buffer.from([0]), Buffer.alloc(width * 3, Buffer.from([red, green, blue]))])
  const head = Buffer.alloc(13)
  head.writeUInt32BE(width, 0)
  head.writeUInt32BE(height, 4)
  head.set([8, 2], 8) // eight bits a colour, three colours
  const body = deflateSync(Buffer.concat(Array<Buffer>(height).fill(row)))
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
  return { name, mimeType: 'image/png', buffer: Buffer.concat([signature, chunk('IHDR', head), chunk('IDAT', body), chunk('IEND', Buffer.alloc(0))]) }
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data])
  const frame = Buffer.alloc(8)
  frame.writeUInt32BE(data.length, 0)
  frame.writeUInt32BE(crc32(body), 4)
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)])
}
