import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, type APIResponse, type Page } from '@playwright/test'
import type { Desk } from '../support/desk.ts'
import { Hub } from '../support/hub.ts'
import { Phone } from '../support/phone.ts'
import type { Login, People } from '../support/test.ts'
import { Widget } from '../support/widget.ts'
import { picture } from './picture.ts'

/** Stands for a photo: a sky over a street, 96 × 64. */
const photo = picture(96, 64, (x, y) => (y < 26 ? [150 + y, 190 + y, 230] : (x + y) % 24 < 12 && y > 44 ? [205, 205, 195] : [118, 120, 122]))

const zone = new Intl.DateTimeFormat('en-CA', { timeZone: 'Asia/Ho_Chi_Minh' })
/** A day from today, as the hub names it. */
export const day = (ahead: number) => zone.format(new Date(Date.now() + ahead * 86_400_000))

/** What has happened before the pictures are taken. */
export class Scene {
  /** When everything had happened. */
  now = new Date()
  /** Matters, by their codes. */
  reported: string[] = []
  danger = ''
  promised = ''
  stuck = ''
  incident = ''
  /** Addresses. */
  alarmLink = ''
  phone = ''
  chat = ''
  /** Pages of citizens' matters: answered and closed, and open. */
  closedPage = ''
  openPage = ''

  private constructor(
    readonly hub: Hub,
    private readonly people: People,
    readonly empty: Hub,
    private readonly gateway: Server,
  ) {}

  static async play(hub: Hub, people: People): Promise<Scene> {
    const links: string[] = []
    const gateway = createServer((request, response) => {
      let body = ''
      request.on('data', (chunk: Buffer) => (body += chunk.toString()))
      request.on('end', () => {
        links.push((JSON.parse(body) as { link: string }).link)
        response.end()
      })
    })
    await new Promise<void>((listening) => gateway.listen(0, '127.0.0.1', listening))
    const { port } = gateway.address() as AddressInfo
    const empty = await Hub.start(
      'serve',
      'empty',
      `organisation: {url: "https://1022.example"}\nalarms: {gateway: {url: "http://127.0.0.1:${port}/khan", secret: "chi-de-chup-man-hinh"}}\n`,
    )
    const scene = new Scene(hub, people, empty, gateway)
    // Departments have no number of their own there: a minute later the field's is reached.
    const alarm = scene.askedAtNight(links)
    await scene.matters()
    await scene.onZalo()
    await scene.reports()
    await scene.office()
    await alarm
    scene.now = new Date()
    return scene
  }

  async end(): Promise<void> {
    this.gateway.close()
    await this.empty.stop()
  }

  /** Calls the hub as a member. */
  async call(login: Login, method: 'GET' | 'POST' | 'PUT', path: string, data?: unknown): Promise<any> {
    const { page } = await this.people.member(login)
    const answer: APIResponse = await page.request.fetch(`/api/v1${path}`, { method, data, headers: { Origin: this.hub.url } })
    const text = await answer.text()
    expect(answer.ok(), `${method} ${path}: ${answer.status()} ${text}`).toBe(true)
    await page.context().close()
    return text === '' ? undefined : JSON.parse(text)
  }

  /** The id of a matter. */
  async id(code: string): Promise<string> {
    const page: { conversations: { id: string; code: string }[] } = await this.call('quantri', 'GET', '/conversations?view=all&limit=100')
    return page.conversations.find((one) => one.code === code)!.id
  }

  /** On the hub with a gateway an urgent matter rings: its link is what the contact gets. */
  private async askedAtNight(links: string[]): Promise<void> {
    const widget = new Widget(await this.people.stranger({}, this.empty.url))
    await widget.begin()
    await widget.say('mẹ em khó thở quá, tím tái, nhà ở phường Hạc Thành')
    await expect.poll(() => links.length, { message: 'the alarm has left', timeout: 100_000 }).toBeGreaterThan(0)
    this.alarmLink = links[0]!.replace('https://1022.example', this.empty.url)
  }

  private async asked(text: string): Promise<string> {
    const widget = await this.people.citizen()
    await widget.say(text)
    await expect(widget.heard(/chưa có sẵn câu trả lời|115/).first()).toBeVisible()
    const code = await widget.code()
    await widget.page.context().close()
    return code
  }

  private async matters(): Promise<void> {
    for (const text of [
      'Cột điện đầu ngõ 25 đường Lê Lợi nghiêng sắp đổ, báo ai vậy?',
      'đường Lê Lợi có cái cột điện sắp đổ, xe máy đi qua sợ lắm',
      'cot dien nghieng o le loi, mong co quan som xu ly a',
    ]) {
      this.reported.push(await this.asked(text))
    }
    const first = await this.id(this.reported[0]!)
    await this.call('lan', 'PUT', `/conversations/${first}/incident`, { title: 'Cột điện nghiêng đường Lê Lợi' })
    this.incident = (await this.call('lan', 'GET', '/incidents'))[0].id
    await this.call('lan', 'PUT', `/conversations/${await this.id(this.reported[1]!)}/incident`, { incident: this.incident })
    await this.call('lan', 'PUT', `/conversations/${first}/labels`, { labels: ['Chờ điện lực', 'báo chí'] })
    await this.call('lan', 'POST', `/conversations/${first}/take`)
    this.danger = await this.asked('bố em đau ngực dữ dội, khó thở, tím tái')
    this.promised = await this.asked('Sở trả lời giúp em khi nào có giấy xác nhận F0 bản giấy ở khu phố ạ?')
    const promised = await this.id(this.promised)
    await this.call('lan', 'POST', `/conversations/${promised}/transfer`, { department: 'so-y-te', note: 'Nhờ Sở xem giúp, người dân cần giấy trước thứ Sáu.' })
    await this.call('soyte', 'POST', `/conversations/${promised}/promises`, {
      due: `${day(1)}T10:00:00Z`, text: 'Dạ, Sở Y tế đã ghi nhận và sẽ trả lời anh/chị trước 17:00 ngày mai ạ.', key: 'chup-man-hinh',
    })
  }

  /** Somebody writes on Zalo, is answered, then blocks the account: what follows is stuck. */
  private async onZalo(): Promise<void> {
    this.phone = await this.hub.hear(/Điện thoại Zalo\s+(http:\S+)/)
    this.chat = await this.hub.hear(/Mattermost\s+(http:\S+)/)
    const phone = new Phone(await this.people.stranger())
    await phone.begin(this.phone, 'Trần Thị Mẫu')
    await phone.say('tiem mui 3 o dau')
    await expect(phone.heard(/tiêm/)).not.toHaveCount(0)
    await phone.say('cho tôi gặp cán bộ')
    const handed = phone.heard(/Mã phiếu của anh\/chị là (TH-\d{6}-\d{4})/)
    await expect(handed).toHaveCount(1)
    this.stuck = /TH-\d{6}-\d{4}/.exec((await handed.textContent())!)![0]
    const chat = new URLSearchParams((await phone.page.locator('[data-chat]').getAttribute('data-chat'))!)
    const blocked = await phone.page.request.post(new URL('/sim/block', this.phone).href, { data: Object.fromEntries(chat) })
    expect(blocked.ok(), await blocked.text()).toBe(true)
    const lan = await this.people.member('lan')
    await lan.goTo(this.stuck)
    await lan.reply('Dạ, chị ra Trạm Y tế phường Hạc Thành để tiêm mũi 3, sáng thứ Ba và thứ Năm ạ.')
    await expect.poll(async () => (await this.call('quantri', 'GET', '/stuck')).length, 'what was not taken is stuck').toBeGreaterThan(0)
    await lan.page.context().close()
  }

  private async fileReport(told: string): Promise<{ page: Page; code: string }> {
    const page = await this.people.stranger()
    await page.goto('/phan-anh')
    await page.locator('#o-noi-dung').fill(told)
    await page.getByLabel('Xã, phường').fill('Phường Hạc Thành')
    await page.getByLabel('Họ và tên').fill('Nguyễn Thị Mẫu')
    await page.getByLabel('Số điện thoại').fill('0912 345 678')
    await page.getByLabel('Đồng ý công khai').check()
    await page.getByLabel('Tôi đồng ý').check()
    await page.locator('#o-tep').setInputFiles({ name: 'hiện trường.png', mimeType: 'image/png', buffer: photo })
    await page.getByRole('button', { name: 'Gửi phản ánh' }).click()
    await expect(page.locator('.code')).toHaveText(/TH-\d{6}-\d{4}/)
    return { page, code: (await page.locator('.code').innerText()).trim() }
  }

  private async reports(): Promise<void> {
    const told = await this.fileReport('Cho tôi gặp người trực: ổ gà to trước cổng chợ Vườn Hoa, mấy hôm nay đã có hai người ngã xe.')
    const lan: Desk = await this.people.member('lan')
    await lan.goTo(told.code)
    await lan.reply('Dạ, chiều nay đội duy tu sẽ vá ổ gà này. Cảm ơn anh/chị đã báo ạ.')
    await expect(lan.message('chiều nay đội duy tu')).toBeVisible()
    const id = await this.id(told.code)
    await this.call('lan', 'POST', `/conversations/${id}/resolve`)
    await this.call('truongca', 'PUT', `/conversations/${id}/publication`, {
      question: 'Ổ gà to trước cổng chợ Vườn Hoa, đã có người ngã xe.', answer: 'Dạ, chiều nay đội duy tu sẽ vá ổ gà này. Cảm ơn anh/chị đã báo ạ.',
    })
    this.closedPage = new URL(told.page.url()).pathname
    const other = await this.fileReport('Nắp cống trước số nhà 12 Lê Lợi bị vỡ, trẻ con đi học dễ ngã.')
    this.openPage = new URL(other.page.url()).pathname
    for (const page of [told.page, other.page, lan.page]) await page.context().close()
  }

  /** The roster, ready answers, an API key, and a draft that waits for review. */
  private async office(): Promise<void> {
    const { members } = (await this.call('truongca', 'GET', '/directory')) as { members: { id: string; name: string }[] }
    const who = (name: string) => members.find((one) => one.name === name)!.id
    const { revision } = await this.call('truongca', 'GET', `/duty/roster?from=${day(0)}&until=${day(6)}`)
    const add = [1, 2, 3].flatMap((ahead) => [
      { day: day(ahead), regime: 'day', member: who('Lê Thị Lan'), role: 'lead' },
      { day: day(ahead), regime: 'day', member: who('Nguyễn Đức Minh') },
      ...(ahead < 3 ? [{ day: day(ahead), regime: 'night', member: who('Trịnh Thị Hạnh') }] : []),
    ])
    await this.call('truongca', 'POST', '/duty/roster', { plan: { how: 'hand', add }, revision })
    await this.call('lan', 'POST', '/duty/take', { read: [] })
    for (const [title, shortcut, text] of [
      ['Đã nhận, đang chuyển', 'danhan', 'Dạ, tổng đài đã nhận phản ánh của {ten_nguoi_dan}, mã phiếu {ma_phieu}. Em chuyển ngay tới cơ quan phụ trách ạ.'],
      ['Xin thêm địa chỉ', 'diachi', 'Dạ, anh/chị cho em xin số nhà, tên đường và xã, phường để đội kỹ thuật tới đúng nơi ạ.'],
      ['Hẹn giờ gọi lại', 'goilai', 'Dạ, em là {can_bo}. Em sẽ gọi lại cho anh/chị lúc {gio_goi} ạ.'],
    ]) {
      await this.call('truongca', 'POST', '/answers', { title, shortcut, text, scope: 'all' })
    }
    await this.call('quantri', 'POST', '/tokens', { name: 'Cổng dịch vụ công', scope: ['conversation.see'], departments: [], ends: `${day(90)}T00:00:00Z` })
    const soyte = await this.people.member('soyte')
    await soyte.page.goto('/admin/knowledge/D402')
    await soyte.page.getByRole('button', { name: 'Sửa', exact: true }).click()
    const answer = soyte.page.getByRole('textbox', { name: 'Câu trả lời' })
    await answer.fill(`${await answer.inputValue()}\nMang theo căn cước và số điện thoại đã đăng ký.`)
    await soyte.page.getByRole('button', { name: 'Lưu và gửi duyệt' }).click()
    await expect(soyte.page.getByRole('button', { name: 'Viết tiếp' })).toBeVisible()
    await soyte.page.context().close()
  }
}
