import { readFileSync } from 'node:fs'
import { expect, test } from '../support/test.ts'
import { type Picked, workbook } from '../support/workbook.ts'

const header = ['Mã', 'Câu hỏi', 'Trả lời', 'Đơn vị']
const department = 'Sở Khoa học và Công nghệ'

function csv(...rows: string[][]): Picked {
  const text = [header, ...rows].map((row) => row.join(';')).join('\r\n')
  return { name: 'so-khcn.csv', mimeType: 'text/csv', buffer: Buffer.from(text) }
}

test('a file goes the whole way: problems, preview, apply, and back', async ({ people }) => {
  const { page } = await people.member('truongca')
  const choose = (file: Picked) => page.getByLabel('Chọn tệp', { exact: true }).setInputFiles(file)
  const first = [
    ['KC1', 'Đăng ký sáng chế ở đâu?', 'Nộp tại Sở.', department],
    ['KC2', 'Lệ phí sáng chế bao nhiêu?', 'Miễn phí năm đầu.', department],
  ]

  // What is no table is refused with what to do.
  await page.goto('/admin/knowledge/import')
  await choose({ name: 'so-khcn.xlsx', mimeType: 'application/zip', buffer: Buffer.alloc(0) })
  await expect(page.getByRole('alert').last()).toContainText('rỗng (0 byte)')
  await page.getByRole('button', { name: 'Chọn tệp khác' }).click()

  await choose(csv(['KC1', 'Đăng ký sáng chế ở đâu?', '', department], first[1]!))
  await expect(page.getByRole('row', { name: 'C2' })).toContainText('thiếu câu trả lời')
  await page.getByRole('button', { name: 'Chọn tệp khác' }).click()

  await choose(csv(...first))
  await expect(page.getByText('các cột cách nhau bằng dấu chấm phẩy')).toBeVisible()
  await page.getByRole('button', { name: 'Áp dụng 2 thay đổi' }).click()
  await expect(page.getByText('Đã nhập xong')).toBeVisible()

  // A second file leaves one entry out; that it is retired is asked for, not assumed.
  await page.getByRole('button', { name: 'Nhập tệp khác' }).click()
  await choose(csv(['KC1', 'Đăng ký sáng chế ở đâu?', 'Nộp trực tuyến.', department]))
  await expect(page.getByRole('listitem').filter({ hasText: 'KC2' })).toContainText('Không có trong tệp')
  await expect(page.getByRole('button', { name: 'Áp dụng 1 thay đổi' })).toBeVisible()
  await page.getByRole('checkbox', { name: /^Ngừng dùng \d+ mục/ }).check()
  await page.getByRole('button', { name: /^Áp dụng/ }).click()
  await expect(page.getByText('Đã nhập xong')).toBeVisible()

  // And back: the page says what becomes of it before it is done.
  const last = page.locator('section', { hasText: 'Lần nhập gần nhất' })
  await expect(last).toContainText('so-khcn.csv')
  await expect(last).toContainText('người nhập: truongca')
  await last.getByRole('button', { name: 'Hoàn tác lần nhập' }).click()
  await page.getByRole('button', { name: 'Hoàn tác', exact: true }).click()
  await expect(page.getByText(/Đã hoàn tác: \d+ mục trở lại như trước, 0 mục mới ngừng dùng/)).toBeVisible()

  await page.goto('/admin/knowledge/KC1')
  await expect(page.getByRole('region', { name: 'Đang trả lời người dân' })).toContainText('Nộp tại Sở.')
  await page.goto('/admin/knowledge/KC2')
  await expect(page.getByRole('region', { name: 'Đang trả lời người dân' })).toBeVisible()
})

test('what is exported imports unchanged', async ({ people }) => {
  const { page } = await people.member('truongca')
  await page.goto('/admin/knowledge')
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Xuất ra Excel' }).click()])
  expect(download.suggestedFilename()).toMatch(/^hoi-dap-\d{8}\.xlsx$/)
  const buffer = readFileSync(await download.path())
  await page.goto('/admin/knowledge/import')
  await page.getByLabel('Chọn tệp', { exact: true }).setInputFiles({ name: download.suggestedFilename(), mimeType: workbook('x', 'x', []).mimeType, buffer })
  await expect(page.getByText('Tệp giống hệt kho hỏi đáp')).toBeVisible()
})
