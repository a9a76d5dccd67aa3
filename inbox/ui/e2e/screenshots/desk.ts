import { type Locator, type Page } from '@playwright/test'
import type { Desk } from '../support/desk.ts'
import { withChannels } from '../support/channels.ts'
import type { Login } from '../support/test.ts'
import { everything, Zalo } from '../support/zalo.ts'
import type { Look, Screen } from './screen.ts'
import type { Scene } from './scene.ts'

type Code = (scene: Scene) => string

function screen(name: string, title: string, show: (desk: Desk, look: Look) => Promise<unknown>, { as = 'lan' as Login, pages = [] as string[] } = {}): Screen {
  return {
    name,
    title,
    pages,
    async show(look) {
      const desk = await look.member(as)
      await show(desk, look)
      return desk.page
    },
  }
}

/** A matter that is open, read to its end. */
async function opened(desk: Desk, code: string): Promise<void> {
  await desk.goTo(code)
  await desk.readToEnd()
}

/** A dialog that the menu of a matter opens; what it already holds is thrown away with the page. */
function dialog(name: string, title: string, item: string, more?: (dialog: Locator, page: Page) => Promise<unknown>, code: Code = (scene) => scene.reported[2]!): Screen {
  return screen(name, title, async (desk, look) => {
    await opened(desk, code(look.scene))
    await desk.page.getByRole('button', { name: 'Việc khác' }).click()
    await desk.page.getByRole('menuitem', { name: item }).click()
    await desk.page.getByRole('dialog').waitFor()
    await more?.(desk.page.getByRole('dialog'), desk.page)
  })
}

const first: Code = (scene) => scene.reported[0]!

export const desk: Screen[] = [
  screen('desk', 'Bàn trực, một cuộc hội thoại đang mở', async (desk, look) => {
    await desk.visit('open')
    // Handed over with a note, and among the rows that show without scrolling.
    if (look.narrow) return
    await desk.rows.filter({ hasText: 'Ngọc' }).first().click()
    await desk.log.waitFor()
    await desk.readToEnd()
    await desk.page.mouse.move(900, 500)
  }, { pages: ['/desk'] }),
  screen('desk-conversation', 'Một phiếu: nhãn, sự việc chung, đã nhận', (desk, look) => opened(desk, first(look.scene)), { pages: ['/desk/c/:id'] }),
  screen('desk-context', 'Thông tin thêm của một phiếu', async (desk, look) => {
    await opened(desk, look.scene.promised)
    if (look.narrow) await desk.page.getByRole('button', { name: 'Thông tin thêm' }).click()
  }),
  screen('desk-nothing-open', 'Bàn trực, chưa mở phiếu nào', (desk) => desk.visit('mine')),
  screen('desk-empty', 'Danh sách trống', (desk) => desk.visit('contributing'), { as: 'noivu' }),
  screen('desk-views', 'Các danh sách', async (desk, look) => {
    await desk.visit('unassigned')
    if (look.narrow) await desk.page.getByRole('button', { name: /Chưa ai nhận/ }).first().click()
  }),
  screen('desk-filter', 'Lọc và lưu danh sách', async (desk) => {
    await desk.visit('open')
    await desk.page.getByRole('button', { name: 'Lọc danh sách' }).click()
    await desk.page.getByRole('dialog').waitFor()
  }),
  screen('desk-bulk', 'Chọn nhiều phiếu', async (desk) => {
    await desk.visit('unassigned')
    await desk.page.getByRole('button', { name: 'Chọn nhiều phiếu' }).click()
    for (const row of [0, 1, 2]) await desk.rows.nth(row).click()
  }),
  screen('desk-search', 'Tìm tin nhắn', async (desk) => {
    await desk.visit('open')
    await desk.page.getByLabel('Tìm tin nhắn').fill('cot dien nghieng')
    await desk.page.locator('mark').first().waitFor()
  }),
  screen('desk-knowledge', 'Tìm trong kho hỏi đáp và chèn', async (desk, look) => {
    await opened(desk, look.scene.reported[2]!)
    await desk.page.keyboard.press('Control+k')
    await desk.page.keyboard.type('tiem mui 3')
    await desk.page.getByRole('option').first().waitFor()
  }),
  screen('desk-ready-answers', 'Chèn câu trả lời mẫu bằng “/”', async (desk, look) => {
    await opened(desk, look.scene.reported[2]!)
    await desk.answer.click()
    await desk.answer.fill('')
    await desk.answer.pressSequentially('/')
    await desk.page.getByRole('option').first().waitFor()
  }),
  screen('desk-note', 'Ghi chú nội bộ', async (desk, look) => {
    await opened(desk, look.scene.reported[2]!)
    await desk.page.getByRole('tab', { name: 'Ghi chú' }).click()
    await desk.note.fill('Đã gọi điện lực Hạc Thành, họ cử đội đi kiểm tra.')
  }),
  screen('desk-menu', 'Việc khác với một phiếu', async (desk, look) => {
    await opened(desk, look.scene.reported[2]!)
    await desk.page.getByRole('button', { name: 'Việc khác' }).click()
    await desk.page.getByRole('menu').waitFor()
  }),
  screen('desk-transfer', 'Chuyển đơn vị', async (desk, look) => {
    await opened(desk, look.scene.reported[2]!)
    await desk.page.getByRole('button', { name: /^Đơn vị:/ }).click()
    await desk.page.getByRole('combobox', { name: 'Đơn vị' }).fill('so y te')
    await desk.page.getByRole('option', { name: 'Sở Y tế', exact: true }).click()
    await desk.page.getByLabel('Lời nhắn').waitFor()
  }),
  dialog('desk-promise', 'Hẹn trả lời', 'Hẹn trả lời'),
  dialog('desk-contribute', 'Đề nghị phối hợp', 'Đề nghị phối hợp'),
  dialog('desk-snooze', 'Tạm gác', 'Tạm gác…'),
  dialog('desk-labels', 'Nhãn', 'Nhãn', async (dialog) => dialog.getByLabel('Thêm nhãn').fill('cho'), first),
  dialog('desk-incident', 'Gắn vào sự việc chung', 'Gắn vào sự việc chung…'),
  dialog('desk-refer', 'Hướng dẫn gọi số', 'Hướng dẫn gọi số…', async (dialog) => dialog.getByRole('radio').first().check()),
  dialog('desk-screening', 'Sàng lọc', 'Sàng lọc…', async (dialog) => dialog.getByRole('radio', { name: /Không thuộc phạm vi/ }).check()),
  screen('desk-merge', 'Gộp với người khác', async (desk, look) => {
    await opened(desk, look.scene.reported[2]!)
    if (look.narrow) await desk.page.getByRole('button', { name: 'Thông tin thêm' }).click()
    await desk.context.getByRole('button', { name: 'Gộp với người khác…' }).click()
    const dialog = desk.page.getByRole('dialog').last()
    await dialog.getByLabel('Mã một phiếu của người kia').fill(look.scene.reported[1]!)
    await dialog.getByRole('button', { name: 'Xem trước khi gộp' }).click()
    await dialog.getByText(/Sẽ chuyển/).waitFor()
  }),
  screen('desk-publish', 'Công khai một phiếu', async (desk, look) => {
    await desk.page.goto('/desk?view=resolved')
    await desk.rows.filter({ hasText: 'Nguyễn Thị Mẫu' }).first().click()
    await desk.log.waitFor()
    if (look.narrow) await desk.page.getByRole('button', { name: 'Thông tin thêm' }).click()
    await desk.context.getByText('Thôi công khai').scrollIntoViewIfNeeded()
  }, { as: 'truongca' }),
  screen('desk-promised', 'Phiếu đã hẹn trả lời, cán bộ đơn vị', (desk, look) => opened(desk, look.scene.promised), { as: 'soyte' }),
  screen('desk-alarm', 'Tin khẩn chưa ai xác nhận', (desk, look) => opened(desk, look.scene.danger), { as: 'soyte' }),
  screen('desk-stuck', 'Tin không gửi được', (desk, look) => opened(desk, look.scene.stuck)),
  screen('desk-platform', 'Ảnh, tin thoại, danh thiếp, trích dẫn từ Zalo', async (desk, look) => {
    const zalo = await Zalo.on(desk.page)
    zalo.said = everything
    await desk.goTo(look.scene.reported[2]!)
    await desk.log.evaluate((box) => box.scrollTo(0, box.scrollHeight * 0.75))
  }, { as: 'minh' }),
  screen('desk-keys', 'Phím tắt', async (desk, look) => {
    await opened(desk, look.scene.reported[2]!)
    await desk.page.keyboard.press('?')
    await desk.page.getByRole('dialog').waitFor()
  }),
  screen('desk-notices', 'Thông báo', async (desk) => {
    await desk.visit('open')
    await desk.page.getByRole('button', { name: /^Thông báo/ }).click()
  }, { as: 'truongca' }),
  screen('desk-duty', 'Đang trực', async (desk) => {
    await desk.visit('open')
    await desk.page.getByRole('button', { name: /^Đang trực:/ }).click()
    await desk.page.getByRole('dialog', { name: /^Đang trực/ }).waitFor()
  }),
  screen('desk-hand-over', 'Bàn giao ca', async (desk) => {
    await desk.visit('open')
    await desk.page.getByRole('button', { name: /^Đang trực:/ }).click()
    await desk.page.getByRole('dialog', { name: /^Đang trực/ }).getByRole('button', { name: 'Bàn giao ca' }).click()
    await desk.page.getByRole('dialog', { name: 'Bàn giao ca' }).getByLabel('Dặn dò cho ca sau').waitFor()
  }),
  screen('desk-account', 'Tài khoản', async (desk) => {
    await desk.visit('open')
    await desk.page.getByRole('button', { name: /^Tài khoản:/ }).click()
    await desk.page.getByRole('menu').waitFor()
  }),
  screen('desk-channel-trouble', 'Kênh cần để ý', async (desk) => {
    await withChannels(desk.page)
    await desk.page.goto('/desk')
    await desk.page.getByRole('status').getByText(/còn không quá 7 ngày/).waitFor()
  }, { as: 'quantri' }),
  screen('incidents', 'Các sự việc chung', async (desk) => {
    await desk.page.goto('/desk/incidents')
    await desk.page.getByRole('link', { name: /Cột điện nghiêng/ }).first().waitFor()
  }, { pages: ['/desk/incidents'] }),
  screen('incident', 'Một sự việc chung', async (desk, look) => {
    await desk.page.goto(`/desk/incidents/${look.scene.incident}`)
    await desk.page.getByRole('heading', { level: 1 }).waitFor()
  }, { pages: ['/desk/incidents/:id'] }),
  screen('labels', 'Nhãn: đổi tên, màu, gộp', async (desk) => {
    await desk.page.goto('/desk/labels')
    await desk.page.getByText('Chờ điện lực').waitFor()
  }, { as: 'truongca', pages: ['/desk/labels'] }),
  screen('answers', 'Câu trả lời mẫu', async (desk) => {
    await desk.page.goto('/desk/answers')
    await desk.page.getByText('Xin thêm địa chỉ').waitFor()
  }, { pages: ['/desk/answers'] }),
  screen('answer-dialog', 'Sửa câu trả lời mẫu', async (desk) => {
    await desk.page.goto('/desk/answers')
    await desk.page.getByRole('button', { name: 'Thêm mẫu' }).first().click()
    await desk.page.getByRole('dialog').getByRole('button', { name: 'Lưu' }).click()
  }, { as: 'truongca' }),
]
