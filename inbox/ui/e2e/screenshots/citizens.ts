import type { Page } from '@playwright/test'
import { Phone } from '../support/phone.ts'
import { Widget } from '../support/widget.ts'
import type { Look, Screen } from './screen.ts'

/** A page of the portal as it is at its address. */
function at(name: string, title: string, pages: string[], path: string | ((look: Look) => string), more?: (page: Page) => Promise<unknown>): Screen {
  return {
    name,
    title,
    pages,
    async show(look) {
      const page = await look.stranger()
      await page.goto(typeof path === 'string' ? path : path(look))
      await more?.(page)
      return page
    },
  }
}

const bottom = (page: Page) => page.evaluate(() => scrollTo(0, document.body.scrollHeight))

export const citizens: Screen[] = [
  at('portal-home', 'Cổng: trang đầu', ['/'], '/'),
  at('portal-suggestions', 'Cổng: gợi ý khi đang gõ', [], '/', async (page) => {
    await page.getByRole('combobox').pressSequentially('tiem vac xin')
    await page.getByRole('option').first().waitFor()
  }),
  at('portal-questions', 'Cổng: hỏi đáp theo lĩnh vực', ['/hoi-dap'], '/hoi-dap'),
  at('portal-results', 'Cổng: kết quả tìm', [], '/hoi-dap?q=tiem+vac+xin'),
  at('portal-nothing-found', 'Cổng: không tìm thấy', [], '/hoi-dap?q=xyzt'),
  at('portal-answer', 'Cổng: một câu trả lời', ['/hoi-dap/:id'], '/hoi-dap/D402'),
  at('portal-contact', 'Cổng: liên hệ', ['/lien-he'], '/lien-he'),
  at('portal-privacy', 'Cổng: quyền riêng tư', ['/rieng-tu'], '/rieng-tu'),
  at('report', 'Gửi phản ánh', ['/phan-anh'], '/phan-anh'),
  at('report-end', 'Gửi phản ánh: cuối trang', [], '/phan-anh', bottom),
  at('report-problems', 'Gửi phản ánh: còn thiếu', [], '/phan-anh', async (page) => {
    await page.getByLabel('Số điện thoại').fill('0912')
    await page.getByRole('button', { name: 'Gửi phản ánh' }).click()
    await page.getByRole('heading', { name: 'Chưa gửi được' }).waitFor()
  }),
  at('lookup', 'Tra cứu', ['/tra-cuu'], '/tra-cuu'),
  at('lookup-nothing', 'Tra cứu: không có phiếu', [], '/tra-cuu', async (page) => {
    await page.getByLabel('Mã phiếu').fill('TH-261122-9999')
    await page.getByLabel('Số điện thoại').fill('0912345678')
    await page.getByRole('main').getByRole('button', { name: 'Tra cứu' }).click()
    await page.getByText('Không tìm thấy phiếu nào').waitFor()
  }),
  at('tracking', 'Theo dõi phiếu', ['/tra-cuu/:token'], (look) => look.scene.openPage),
  at('tracking-rating', 'Phiếu đã xong: đánh giá', [], (look) => look.scene.closedPage, (page) => page.getByText('Rất hài lòng').first().scrollIntoViewIfNeeded()),
  at('public', 'Phản ánh công khai', ['/phan-anh-cong-khai'], '/phan-anh-cong-khai', (page) => page.getByText('Xem phản ánh và câu trả lời').first().click()),
  at('missing', 'Cổng: không có trang', [], '/khong-co'),
  {
    name: 'alarm-link',
    title: 'Đầu mối xác nhận tin khẩn',
    pages: ['/khan/:id/:token'],
    async show(look) {
      const page = await look.stranger(look.scene.empty.url)
      await page.goto(look.scene.alarmLink)
      await page.getByRole('button', { name: /nhận/ }).waitFor()
      return page
    },
  },
  {
    name: 'chat-notice',
    title: 'Khung trò chuyện: lời nhắn đầu',
    async show(look) {
      const page = await look.stranger()
      await page.goto('/')
      await page.getByRole('link', { name: 'Trò chuyện ngay' }).first().click()
      await new Widget(page).panel.getByRole('button', { name: 'Bắt đầu trò chuyện' }).waitFor()
      return page
    },
  },
  {
    name: 'chat',
    title: 'Khung trò chuyện',
    async show(look) {
      const widget = await look.citizen()
      await widget.say('xin chào')
      await widget.heard('xin chào anh/chị').waitFor()
      await widget.say('dang ky tiem vac xin o dau')
      await widget.choice('Gặp cán bộ trực').waitFor()
      return widget.page
    },
  },
  {
    name: 'chat-handed',
    title: 'Khung trò chuyện: đã chuyển cán bộ',
    async show(look) {
      const widget = await look.citizen()
      await widget.askUnknown()
      return widget.page
    },
  },
  {
    name: 'phone-zalo',
    title: 'Zalo mô phỏng: điện thoại của người dân',
    async show(look) {
      const phone = new Phone(await look.stranger())
      await phone.begin(look.scene.phone, `Trần Thị Mẫu ${look.mark}`)
      await phone.say('tiem mui 3 o dau')
      await phone.heard(/tiêm/).first().waitFor()
      return phone.page
    },
  },
  {
    name: 'team-chat',
    title: 'Mattermost mô phỏng: đơn vị trả lời trong nhóm trò chuyện',
    async show(look) {
      const code = await (await look.citizen()).askUnknown()
      await (await look.member('lan')).transfer(code, 'so y te', 'Sở Y tế')
      const page = await look.stranger()
      await page.goto(look.scene.chat)
      const card = page.getByTestId('post').filter({ hasText: code })
      await card.getByTestId('replies').click()
      const thread = page.getByTestId('thread')
      await thread.getByTestId('reply-box').fill('!Dạ, Sở đã chuyển điện lực kiểm tra ngay chiều nay ạ.')
      await thread.getByTestId('reply-send').click()
      await thread.getByTestId('reaction').first().waitFor()
      return page
    },
  },
  {
    name: 'phone-consent',
    title: 'Zalo mô phỏng: cấp quyền cho tổng đài',
    async show(look) {
      const { page } = await look.member('quantri')
      await page.goto('/admin/channels')
      await page.getByRole('button', { name: /^Kết nối/ }).first().click()
      const consent = await page.getByLabel('Trang đồng ý').inputValue()
      const other = await look.stranger()
      await other.goto(consent)
      return other
    },
  },
]
