import type { Locator, Page } from '@playwright/test'
import { expect, test, type Login } from '../support/test.ts'
import { workbook } from '../support/workbook.ts'

// Every form is filled in wrongly: it names the field and the reason, keeps what was typed, and changes nothing.

/** A form of members, and something wrong to put in it. */
interface Wrong {
  as: Login
  /** Opens it and answers where its fields are. */
  open: (page: Page) => Promise<Page | Locator>
  /** What is typed or chosen, by the labels of the fields. */
  typed?: Record<string, string>
  /** More that is done before it is sent. */
  also?: (form: Page | Locator) => Promise<unknown>
  send: string
  /** What is told, by the labels of the fields; '' for what concerns none. */
  told: Record<string, RegExp>
  /** Where the hub keeps what must not have changed. */
  keeps?: string
}

const dialog = (page: Page) => page.getByRole('dialog').last()
const at = (path: string, button?: string) => async (page: Page) => {
  await page.goto(path)
  if (!button) return page.getByRole('main')
  await page.getByRole('button', { name: button, exact: true }).first().click()
  return dialog(page)
}

const ofPages: Record<string, Wrong> = {
  'a password, wrong and too short': {
    as: 'minh', open: at('/account/password'), typed: { 'Mật khẩu hiện nay': 'không phải', 'Mật khẩu mới': 'ngắn', 'Nhập lại mật khẩu': 'ngắn' }, send: 'Đổi mật khẩu',
    told: { 'Mật khẩu mới': /12 ký tự/ },
  },
  'an account without a name': {
    as: 'quantri', open: at('/admin/members', 'Thêm cán bộ'), typed: { 'Tên đăng nhập': 'có dấu', 'E-mail (không bắt buộc)': 'không phải thư' }, send: 'Thêm và lấy liên kết',
    told: { 'Họ và tên': /./, 'Tên đăng nhập': /2–64/, 'E-mail (không bắt buộc)': /./ }, keeps: '/members',
  },
  'a key without anything it may do': {
    as: 'quantri', open: at('/admin/tokens', 'Tạo khóa'), typed: { 'Tên khóa': 'Cổng thử', 'Dùng đến hết ngày': '2020-01-01' }, send: 'Tạo khóa',
    told: { '': /ít nhất một việc/, 'Dùng đến hết ngày': /./ }, keeps: '/tokens',
  },
  'the record of a code that is not': {
    as: 'quantri', open: at('/admin/audit'), typed: { 'Mã phiếu': 'TH-000000-9999' }, send: 'Tìm', told: { 'Mã phiếu': /Không có phiếu/ },
  },
  'a ready answer without words': {
    as: 'truongca', open: at('/desk/answers', 'Thêm mẫu'), typed: { 'Mã gõ nhanh': 'có dấu cách' }, send: 'Lưu',
    told: { 'Tên': /Hãy đặt tên/, 'Nội dung': /Hãy nhập nội dung/ }, keeps: '/answers',
  },
  'a department without a name': {
    as: 'truongca', open: at('/admin/directory', 'Thêm đơn vị'), typed: { 'Hotline': 'gọi tôi', 'Thư điện tử': 'a@' }, send: 'Lưu',
    told: { 'Tên đơn vị': /./ }, keeps: '/directory/book',
  },
  'a field without a name': {
    as: 'truongca', open: at('/admin/directory/fields', 'Thêm lĩnh vực'), typed: { 'Tên ngắn': 'Ngắn' }, send: 'Lưu', told: { 'Tên lĩnh vực': /./ }, keeps: '/directory/book',
  },
  'a place without a name': {
    as: 'truongca', open: at('/admin/directory/localities', 'Thêm địa bàn'), typed: { 'Hotline': 'gọi tôi' }, send: 'Lưu', told: { 'Tên địa bàn': /./ }, keeps: '/directory/book',
  },
  'an assignment of nothing to nobody': {
    as: 'truongca', open: at('/admin/directory/matrix', 'Thêm phân công'), send: 'Lưu', told: { '': /lĩnh vực|địa bàn/i }, keeps: '/directory/book',
  },
  'an entry without an answer': {
    as: 'truongca', open: at('/admin/knowledge/new'), typed: { 'Câu hỏi': 'Hỏi gì?', 'Có hiệu lực từ': '2026-12-31', 'Có hiệu lực đến': '2026-01-01' }, send: 'Lưu và gửi duyệt',
    told: { 'Câu trả lời': /./, 'Đơn vị': /Hãy chọn đơn vị/ }, keeps: '/knowledge/entries?limit=1',
  },
  'teams of nobody': {
    as: 'truongca', open: at('/admin/duty', 'Xếp kíp'), typed: { 'Từ ngày': '2027-02-10', 'Đến ngày': '2027-02-01' }, send: 'Xem trước', told: { '': /Kíp 1|ngày/ }, keeps: '/duty/roster/last',
  },
  'a leave of nobody': {
    as: 'truongca',
    open: async (page) => {
      await page.goto('/admin/duty')
      await page.getByRole('button', { name: 'Ghi nghỉ phép' }).click()
      return page.getByRole('region', { name: 'Nghỉ phép' })
    },
    send: 'Lưu', told: { '': /Hãy chọn cán bộ/ }, keeps: '/duty/leaves',
  },
}

/** A form that the menu of a matter opens. */
const item = (name: string) => async (page: Page) => {
  await page.getByRole('button', { name: 'Việc khác' }).click()
  await page.getByRole('menuitem', { name, exact: true }).click()
  return dialog(page)
}

const ofMatters: Record<string, Omit<Wrong, 'as' | 'keeps'>> = {
  'a promise for a day that is over': {
    open: item('Hẹn trả lời'), typed: { 'Trả lời trước': '2020-01-01T08:00', 'Lời nhắn gửi người dân': 'Dạ, em hẹn ạ.' }, send: 'Gửi lời hẹn', told: { 'Trả lời trước': /Giờ hẹn đã qua/ },
  },
  'a promise without a day': {
    open: item('Hẹn trả lời'), typed: { 'Trả lời trước': '', 'Lời nhắn gửi người dân': 'Dạ, em hẹn ạ.' }, send: 'Gửi lời hẹn', told: { 'Trả lời trước': /Hãy chọn ngày, giờ/ },
  },
  'nobody is asked to contribute': { open: item('Đề nghị phối hợp'), typed: { 'Nội dung đề nghị (chỉ cán bộ đọc)': 'Nhờ xem giúp' }, send: 'Gửi đề nghị', told: { '': /ít nhất một đơn vị/ } },
  'put off to a day that is over': {
    open: item('Tạm gác…'), also: (form) => form.getByRole('radio', { name: 'Ngày giờ khác' }).check(), typed: { 'Tới lúc': '2020-01-01T08:00' }, send: 'Tạm gác', told: { 'Tới lúc': /./ },
  },
  'an incident without a name': { open: item('Gắn vào sự việc chung…'), send: 'Tạo sự việc', told: { 'Tên sự việc': /Hãy đặt tên/ } },
  'a number to call, of nobody': { open: item('Hướng dẫn gọi số…'), send: 'Gửi và đóng phiếu', told: { '': /./ } },
  'screened as a double of nothing': {
    open: item('Sàng lọc…'), also: (form) => form.getByRole('radio', { name: /Trùng phiếu khác/ }).check(), typed: { 'Mã của phiếu đã có': 'TH-000000-0000' }, send: 'Sàng lọc', told: { 'Mã của phiếu đã có': /./ },
  },
}

async function tried(name: string, form: Page | Locator, wrong: Pick<Wrong, 'typed' | 'also' | 'send' | 'told'>): Promise<void> {
  await wrong.also?.(form)
  for (const [label, text] of Object.entries(wrong.typed ?? {})) await form.getByLabel(label, { exact: true }).fill(text)
  await form.getByRole('button', { name: wrong.send, exact: true }).last().click()
  for (const [label, reason] of Object.entries(wrong.told)) {
    if (label === '') {
      await expect(form.getByText(reason).first(), `${name}: the reason`).toBeVisible()
      continue
    }
    const field = form.getByLabel(label, { exact: true })
    await expect(field, `${name}: ${label} is marked`).toHaveAttribute('aria-invalid', 'true')
    await expect(field, `${name}: ${label} says why`).toHaveAccessibleDescription(reason)
  }
  for (const [label, text] of Object.entries(wrong.typed ?? {})) {
    await expect(form.getByLabel(label, { exact: true }), `${name}: ${label} keeps what was typed`).toHaveValue(text)
  }
}

const kept = async (page: Page, path?: string) => (path ? (await page.request.get(`/api/v1${path}`)).text() : '')

for (const as of [...new Set(Object.values(ofPages).map((wrong) => wrong.as))]) {
  test(`the forms of pages say what is wrong, to ${as}`, async ({ people }) => {
    test.setTimeout(180_000)
    const { page } = await people.member(as)
    for (const [name, wrong] of Object.entries(ofPages)) {
      if (wrong.as !== as) continue
      await test.step(name, async () => {
        const form = await wrong.open(page)
        const before = await kept(page, wrong.keeps)
        await tried(name, form, wrong)
        expect(await kept(page, wrong.keeps), `${name}: nothing has changed`).toBe(before)
      })
    }
  })
}

test('the forms of a matter say what is wrong', async ({ people }) => {
  test.setTimeout(180_000)
  const code = await (await people.citizen()).askUnknown()
  const lan = await people.member('lan')
  await lan.goTo(code)
  const path = `/conversations/${await lan.idOf(code)}`
  for (const [name, wrong] of Object.entries(ofMatters)) {
    await test.step(name, async () => {
      const before = await kept(lan.page, path)
      await tried(name, await wrong.open(lan.page), wrong)
      expect(await kept(lan.page, path), `${name}: nothing has changed`).toBe(before)
      await lan.page.keyboard.press('Escape')
      await expect(lan.page.getByRole('dialog')).toHaveCount(0)
    })
  }
})

test('files that cannot be read say so, and where', async ({ people }) => {
  const { page } = await people.member('truongca')
  const before = await kept(page, '/knowledge/entries?limit=1')
  await page.goto('/admin/knowledge/import')
  await page.getByLabel('Chọn tệp', { exact: true }).setInputFiles(workbook('a.xlsx', 'Hỏi đáp', [['Câu hỏi', 'Trả lời', 'Đơn vị'], ['Hỏi gì?', '', 'Sở Y tế'], ['Hỏi nữa?', 'Dạ.', 'Sở Vũ trụ']]))
  await expect(page.getByRole('row', { name: 'B2' })).toContainText('thiếu câu trả lời')
  await expect(page.getByRole('row', { name: 'C3' })).toContainText('Sở Vũ trụ')
  expect(await kept(page, '/knowledge/entries?limit=1')).toBe(before)
})

test('the forms of citizens say what is wrong', async ({ people }) => {
  const page = await people.stranger()
  const main = page.getByRole('main')
  const told = async (label: string, reason: RegExp) => {
    await expect(main.getByLabel(label, { exact: true })).toHaveAttribute('aria-invalid', 'true')
    await expect(main.getByLabel(label, { exact: true })).toHaveAccessibleDescription(reason)
  }
  await page.goto('/tra-cuu')
  await main.getByLabel('Mã phiếu').fill('TH-261122-0001')
  await main.getByRole('button', { name: 'Tra cứu' }).click()
  await told('Số điện thoại', /Hãy nhập số điện thoại/)
  await expect(main.getByLabel('Mã phiếu')).toHaveValue('TH-261122-0001')

  await page.goto('/phan-anh')
  await main.getByLabel('Họ và tên').fill('Nguyễn Thị Mẫu')
  await main.getByLabel('Số điện thoại').fill('không có')
  await main.getByLabel('Xã, phường').fill('Phường Hạc Thành')
  await main.getByLabel(/^Thư điện tử/).fill('khong-phai-thu')
  await main.getByRole('button', { name: 'Gửi phản ánh' }).click()
  await told('Nội dung', /Hãy viết/)
  await told('Số điện thoại', /không đúng/)
  await expect(main.getByLabel(/^Thư điện tử/)).toHaveAttribute('aria-invalid', 'true')
  await expect(main.getByLabel(/^Thư điện tử/)).toHaveValue('khong-phai-thu')
  await expect(main.getByLabel('Xã, phường')).toHaveValue('Phường Hạc Thành')
  await expect(page.locator('.code')).toHaveCount(0)
})
