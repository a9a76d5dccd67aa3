import { expectAccessible } from '../support/axe.ts'
import { expect, test } from '../support/test.ts'
import { type Picked, workbook } from '../support/workbook.ts'

const header = ['STT', 'Câu hỏi', 'Cách hỏi khác', 'Câu trả lời', 'Đơn vị', 'Lĩnh vực', 'Ngày xác nhận']
const field = 'An ninh trật tự'

/** A workbook as a department would send it: a title, a remark, then the table. */
function answers(...rows: string[][]): Picked {
  return workbook('cau-hoi-thang-11.xlsx', 'Hỏi đáp', [['BỘ CÂU HỎI ĐÁP'], ['Kèm theo công văn'], header, ...rows])
}

test('a file with three mistakes names three cells, and changes nothing', async ({ people }) => {
  const { page } = await people.member('truongca')
  await page.goto('/admin/knowledge/import')
  await page.getByLabel('Chọn tệp', { exact: true }).setInputFiles(
    answers(
      ['1', 'Xin phép tổ chức lễ hội đua thuyền ở đâu?', '', 'Nộp hồ sơ tại UBND xã.', 'Công an tỉnh', field, '01/11/2026'],
      ['2', 'Có được thả đèn trời không?', '', '', 'Công an tỉnh', field, '01/11/2026'],
      ['3', 'Nuôi chó thả rông bị phạt thế nào?', '', 'Bị phạt tiền theo quy định.', 'Sở Chó Mèo', field, '01/11/2026'],
      ['4', 'Bắn pháo hoa ngày cưới có được không?', '', 'Chỉ dùng pháo hoa không gây tiếng nổ.', 'Công an tỉnh', field, 'ngày mai'],
    ),
  )
  await expect(page.getByRole('heading', { name: '3 chỗ cần sửa trong tệp' })).toBeVisible()
  const cells = page.getByRole('alert').locator('tbody tr td:first-child')
  await expect(cells).toHaveCount(3)
  expect(await cells.allInnerTexts()).toEqual(['D5', 'E6', 'G7'])
  await expect(page.getByRole('row', { name: 'E6' })).toContainText('Sở Chó Mèo')
  await expect(page.getByRole('row', { name: 'G7' })).toContainText('ngày mai')
  await expect(page.getByRole('button', { name: /^Áp dụng/ })).toHaveCount(0)

  await page.goto('/admin/knowledge')
  await page.getByRole('searchbox').or(page.getByPlaceholder('Từ trong câu hỏi hoặc câu trả lời')).first().fill('đua thuyền')
  await expect(page.getByText('Không có mục nào khớp')).toBeVisible()
})

test('a good file shows what is new and changed, and its answer is found right after', async ({ people }) => {
  const { page } = await people.member('truongca')
  const question = 'Xin phép thả diều sáo ban đêm ở đâu?'
  async function choose(answer: string) {
    await page.goto('/admin/knowledge/import')
    await page.getByLabel('Chọn tệp', { exact: true }).setInputFiles(answers(['1', question, 'Thả diều sáo buổi tối có phải xin phép không?', answer, 'Công an tỉnh', field, '01/11/2026']))
    await expect(page.getByRole('heading', { name: 'Những gì sẽ thay đổi' })).toBeVisible()
  }

  await choose('Báo công an xã trước ba ngày.')
  await expect(page.getByText(/^cau-hoi-thang-11\.xlsx/).first()).toBeVisible()
  await expect(page.getByRole('definition').first()).toHaveText('1')
  await expect(page.getByRole('listitem').filter({ hasText: question })).toContainText('Mới')
  await page.getByRole('button', { name: /^Áp dụng/ }).click()
  await expect(page.getByText('Đã nhập xong')).toBeVisible()

  const widget = await people.citizen()
  await widget.say('tha dieu sao ban dem xin phep o dau')
  await expect(widget.heard('Báo công an xã trước ba ngày.')).toBeVisible()

  await choose('Báo công an xã trước năm ngày.')
  await expect(page.getByRole('definition').nth(1)).toHaveText('1')
  const row = page.getByRole('listitem').filter({ hasText: question })
  await expect(row.locator('del')).toContainText('trước ba ngày')
  await expect(row.locator('ins')).toContainText('trước năm ngày')
  await page.getByRole('button', { name: /^Áp dụng/ }).click()
  await expect(page.getByText('Đã nhập xong')).toBeVisible()
  const later = await people.citizen()
  await later.say('tha dieu sao ban dem xin phep o dau')
  await expect(later.heard('Báo công an xã trước năm ngày.')).toBeVisible()
})

test('what a person answered is proposed as an entry, which its department publishes', async ({ people }) => {
  const widget = await people.citizen()
  await widget.say('cho tôi gặp người trực, hội chợ hoa xuân mở cửa mấy giờ')
  const code = await widget.code()
  const desk = await people.member('lan')
  await desk.goTo(code)
  await desk.reply('Dạ, hội chợ hoa xuân mở cửa từ 7 giờ đến 22 giờ ạ.')

  await desk.log.getByText('mở cửa từ 7 giờ').hover()
  await desk.log.getByRole('button', { name: 'Đề xuất thành mục hỏi đáp' }).last().click()
  const dialog = desk.page.getByRole('dialog', { name: 'Đề xuất thành mục hỏi đáp' })
  await expect(dialog.getByLabel('Câu hỏi')).toHaveValue('cho tôi gặp người trực, hội chợ hoa xuân mở cửa mấy giờ')
  await expect(dialog.getByLabel('Câu trả lời')).toHaveValue('Dạ, hội chợ hoa xuân mở cửa từ 7 giờ đến 22 giờ ạ.')
  await dialog.getByLabel('Câu hỏi').fill('')
  await dialog.getByLabel('Đơn vị').selectOption({ label: 'Sở Công Thương' })
  await dialog.getByRole('button', { name: 'Gửi đề xuất' }).click()
  await expect(dialog.getByText('Hãy nhập câu hỏi.')).toBeVisible()
  await expect(dialog.getByText('gửi tới Sở Công Thương duyệt')).toBeVisible()
  await expectAccessible(desk.page, 'the dialog that proposes an entry')
  await dialog.getByLabel('Câu hỏi').fill('Hội chợ hoa xuân mở cửa lúc mấy giờ?')
  await dialog.getByRole('button', { name: 'Gửi đề xuất' }).click()
  await expect(desk.page.getByText(/^Đã gửi đề xuất M-/)).toBeVisible()
  await expect(dialog).toHaveCount(0)

  const { page } = await people.member('truongca')
  await page.goto('/admin/knowledge')
  await page.getByPlaceholder('Từ trong câu hỏi hoặc câu trả lời').fill('Hội chợ hoa xuân')
  await page.getByText('Hội chợ hoa xuân mở cửa lúc mấy giờ?').first().click()
  await expect(page.getByText(`Đề xuất từ phiếu ${code}`)).toBeVisible()
  await page.getByRole('button', { name: 'Duyệt và đăng' }).click()
  await expect(page.getByRole('region', { name: 'Đang trả lời người dân' })).toContainText('từ 7 giờ đến 22 giờ')
})
