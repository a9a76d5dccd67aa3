import type { Page, Route } from '@playwright/test'

/**
 * Makes the chat of the demonstration look like a channel on Zalo to one page,
 * and puts what Zalo brings into its threads. The hub itself knows nothing of it.
 */
export class Zalo {
  /** How long answers are taken after the citizen's last words, in seconds. */
  window = 7 * 24 * 3600
  free = 8
  phone = ''
  /** What is added to every thread. */
  said: object[] = []

  static async on(page: Page): Promise<Zalo> {
    const zalo = new Zalo()
    await page.route('**/api/v1/directory', (route) => zalo.directory(route))
    await page.route(/\/api\/v1\/conversations\/\w+$/, (route) => zalo.conversation(route))
    await page.route(/\/api\/v1\/conversations\/\w+\/messages/, (route) => zalo.messages(route))
    await page.route('**/attachments/zalo-*', (route) => zalo.file(route))
    return zalo
  }

  private async directory(route: Route): Promise<void> {
    const body = await answered(route)
    if (!body) return
    for (const channel of body.channels) {
      Object.assign(channel, { kind: 'zalo', name: 'Zalo 1022 Thanh Hóa' })
      Object.assign(channel.limits, {
        quotes: true, text_length: 2000, attachment_size: 1 << 20, attachment_types: ['image/png', 'image/jpeg', 'application/pdf'],
        reply_window_seconds: this.window, free_window_seconds: Math.min(this.window, 48 * 3600), free_replies: this.free,
      })
    }
    await route.fulfill({ json: body })
  }

  private async conversation(route: Route): Promise<void> {
    const body = await answered(route)
    if (!body) return
    if (body.contact && this.phone) body.contact.phone = this.phone
    await route.fulfill({ json: body })
  }

  private async messages(route: Route): Promise<void> {
    const body = await answered(route)
    if (!body) return
    const last = body.messages.at(-1)
    // Only the newest page ends where something can follow.
    if (last && !new URL(route.request().url()).searchParams.has('before')) {
      const about = { conversation: last.conversation, sent_at: last.sent_at, received_at: last.received_at, text: '' }
      body.messages.push(...this.said.map((one, i) => ({ id: `zalo-${i}`, seq: last.seq + 1 + i, ...about, ...one })))
    }
    await route.fulfill({ json: body })
  }

  private async file(route: Route): Promise<void> {
    const [type, body] = route.request().url().endsWith('voice') ? ['audio/wav', silence()] : ['image/png', star]
    await route.fulfill({ contentType: type as string, body: body as Buffer })
  }
}

const citizen = { direction: 'in', author: { kind: 'citizen', name: 'Nguyễn Thị Mẫu' } }
const member = { direction: 'out', author: { kind: 'member', name: 'Lê Thị Lan', member: 'x' } }
const event = { direction: 'note', author: { kind: 'system', name: '' } }
const file = (id: string, more: object) => ({ id: `zalo-${id}`, name: `${id}.png`, type: 'image/png', size: 2048, ...more })

const earlier = (hours: number) => new Date(Date.now() - hours * 3600_000).toISOString()

/** One of each thing that a platform brings. */
export const everything = [
  { ...event, change: { action: 'contact.followed' } },
  { ...citizen, attachments: [file('sticker', { kind: 'sticker' })] },
  { ...citizen, attachments: [file('animation', { kind: 'animation' }), file('photo', { kind: 'picture', name: 'cột điện.png' })] },
  { ...citizen, attachments: [file('voice', { kind: 'voice', type: 'audio/wav', name: 'voice.wav' })] },
  { ...citizen, attachments: [{ id: '', kind: 'video', name: '', type: '', size: 0 }, { id: '', kind: 'voice', name: '', type: '', size: 0, problem: 'Kênh không còn giữ tệp này.' }] },
  { ...citizen, place: { latitude: 19.8067, longitude: 105.7852 } },
  { ...citizen, links: [{ label: 'Trần Văn Mẫu', url: 'tel:0912345678' }, { label: 'Cổng dịch vụ công', url: 'https://dichvucong.example' }] },
  { ...citizen, text: 'Tôi hỏi từ tối qua mà.', late: true, sent_at: earlier(20) },
  { ...member, elsewhere: true, author: { kind: 'member', name: 'Cán bộ' }, text: 'Dạ em xin lỗi anh/chị, em trả lời ngay đây ạ.', delivery: { state: 'read' } },
  { ...member, text: 'Dạ, cột điện ở đâu ạ?', delivery: { state: 'delivered' }, quote: { message: 'zalo-2', conversation: 'c', seq: 1, author: citizen.author, text: '', attachments: [file('photo', { kind: 'picture' })] } },
  { ...citizen, text: 'Như lần trước ấy.', quote: { message: 'x', conversation: 'x', code: 'TH-261101-0007' } },
  { ...event, change: { action: 'contact.shared' }, form: [{ name: 'name', label: 'Họ tên', value: 'Nguyễn Thị Mẫu' }, { name: 'phone', label: 'Số điện thoại', value: '0912345678' }, { name: 'address', label: 'Địa chỉ', value: '12 Lê Lợi, phường Hạc Thành' }] },
  { ...member, text: 'Dạ, em gửi mẫu đơn ạ.', delivery: { state: 'failed', reason: 'Zalo không nhận loại tệp này; hãy gửi tệp PDF hoặc ảnh.' } },
  { ...member, text: 'Dạ, anh/chị chờ em chút.', delivery: { state: 'queued', reason: 'Kênh mất quyền gửi, cần kết nối lại.' } },
  { ...event, change: { action: 'contact.unfollowed' } },
]

/** What the hub answers; nothing when the page has been left meanwhile. */
async function answered(route: Route): Promise<any> {
  try {
    return await (await route.fetch()).json()
  } catch {
    await route.abort().catch(() => undefined)
  }
}

/** A red square of 2 × 2. */
const star = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAFklEQVR4nGP8z8DAwMDAxMDAwMDAAAANHQEDasKb6QAAAABJRU5ErkJggg==', 'base64')

/** Half a second of nothing, as a WAV file. */
function silence(): Buffer {
  const samples = 4000
  const head = Buffer.alloc(44)
  head.write('RIFF', 0)
  head.writeUInt32LE(36 + samples, 4)
  head.write('WAVEfmt ', 8)
  head.writeUInt32LE(16, 16)
  head.writeUInt16LE(1, 20) // PCM
  head.writeUInt16LE(1, 22) // one channel
  head.writeUInt32LE(8000, 24)
  head.writeUInt32LE(8000, 28)
  head.writeUInt16LE(1, 32)
  head.writeUInt16LE(8, 34)
  head.write('data', 36)
  head.writeUInt32LE(samples, 40)
  return Buffer.concat([head, Buffer.alloc(samples, 128)])
}
