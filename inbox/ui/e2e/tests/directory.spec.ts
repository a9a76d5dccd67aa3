import { readFile } from 'node:fs/promises'
import { expect, test } from '../support/test.ts'

test('a contact point, a rule for a place, what is wrong with a form, and back', async ({ people }) => {
  const { page } = await people.member('truongca')
  await page.goto('/admin/directory')
  await expect(page.getByRole('heading', { name: 'Đơn vị và phân công' })).toBeVisible()

  // A contact point: what is wrong stands at its field, and what was typed stays.
  await page.getByRole('searchbox', { name: 'Tìm đơn vị' }).fill('so y te')
  await page.getByRole('button', { name: /^Sở Y tế/ }).click()
  const form = page.getByRole('dialog')
  await form.getByRole('button', { name: 'Thêm đầu mối' }).click()
  const point = form.getByRole('group', { name: 'Đầu mối 1' })
  await point.getByLabel('Tên người hoặc bộ phận').fill('Trực ban Sở Y tế')
  await point.getByLabel('Điện thoại').fill('gọi tôi')
  await point.getByLabel('Nhận báo động khẩn').check()
  await form.getByRole('button', { name: 'Lưu' }).click()
  await expect(point).toContainText('Số điện thoại "gọi tôi" không đúng')
  await expect(point.getByLabel('Tên người hoặc bộ phận')).toHaveValue('Trực ban Sở Y tế')
  await point.getByLabel('Điện thoại').fill('0237 385 2777')
  await form.getByRole('button', { name: 'Lưu' }).click()
  await expect(page.getByText('Đã lưu; có hiệu lực ngay.')).toBeVisible()
  await expect(page.getByRole('button', { name: /^Sở Y tế/ })).toContainText('1 nhận báo khẩn')

  // Who is in charge in one place.
  await page.getByRole('link', { name: 'Phân công theo địa bàn' }).click()
  await expect(page.getByText('Chưa có phân công riêng nào')).toBeVisible()
  await page.getByRole('button', { name: 'Thêm phân công' }).click()
  await form.getByRole('button', { name: 'Lưu' }).click()
  await expect(form.getByText('Hãy chọn lĩnh vực và địa bàn.')).toBeVisible()
  await form.getByLabel('Lĩnh vực').selectOption({ label: 'Sức khỏe, điều trị, xét nghiệm, tiêm chủng' })
  await form.getByLabel('Địa bàn').selectOption({ label: 'Xã Nga Sơn' })
  await form.getByRole('button', { name: 'Lưu' }).click()
  await expect(form.getByText('Chưa có đơn vị chủ trì.')).toBeVisible()
  await form.getByRole('button', { name: 'Chủ trì: Thêm đơn vị' }).click()
  await page.getByRole('combobox', { name: 'Chủ trì: Thêm đơn vị' }).fill('ubnd xa nga son')
  await page.getByRole('option', { name: 'UBND xã Nga Sơn' }).click()
  await form.getByRole('button', { name: 'Lưu' }).click()
  await expect(page.getByRole('button', { name: /Xã Nga Sơn/ })).toContainText('Chủ trì: UBND xã Nga Sơn')

  // The history tells what changed, and takes it back.
  await page.getByRole('link', { name: 'Lịch sử' }).click()
  const newest = page.getByRole('listitem').filter({ hasText: 'đang dùng' })
  const now = Number(/Bản (\d+)/.exec((await newest.textContent())!)![1]) // what was edited before the test counts as well
  await page.getByRole('listitem').filter({ hasText: `Bản ${now - 1}` }).getByRole('button', { name: '1 thay đổi' }).click()
  await expect(page.getByText('Trực ban Sở Y tế · 0237 385 2777 · báo khẩn')).toBeVisible()
  await newest.getByRole('button', { name: 'Hoàn tác' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Trở lại' }).click()
  await expect(page.getByText(`Danh mục đã trở lại như bản ${now - 1}.`)).toBeVisible()
  await page.getByRole('link', { name: 'Phân công theo địa bàn' }).click()
  await expect(page.getByText('Chưa có phân công riêng nào')).toBeVisible()
})

test('two people change the directory at once', async ({ people }) => {
  const [{ page: one }, { page: other }] = [await people.member('truongca'), await people.member('quantri')]
  const open = async (page: typeof one, name: RegExp) => {
    await page.goto('/admin/directory')
    await page.getByRole('button', { name }).click()
    return page.getByRole('dialog')
  }
  const keep = async (page: typeof one, hotline: string) => {
    await page.getByRole('dialog').getByLabel('Hotline').fill(hotline)
    await page.getByRole('dialog').getByRole('button', { name: 'Lưu' }).click()
  }

  // Different things do not disturb each other.
  await open(one, /^Sở Nội vụ/)
  await open(other, /^Sở Xây dựng/)
  await keep(one, '0237 385 0001')
  await expect(one.getByText('Đã lưu; có hiệu lực ngay.')).toBeVisible()
  await keep(other, '0237 385 0002')
  await expect(other.getByText('Đã lưu; có hiệu lực ngay.')).toBeVisible()

  // Of the same thing the second is told, and keeps what was typed.
  await open(one, /^Sở Nội vụ/)
  const form = await open(other, /^Sở Nội vụ/)
  await keep(one, '0237 385 0003')
  await expect(one.getByText('Đã lưu; có hiệu lực ngay.')).toBeVisible()
  await keep(other, '0237 385 0004')
  await expect(form.getByText('vừa sửa danh mục lúc')).toBeVisible()
  await expect(form.getByLabel('Hotline')).toHaveValue('0237 385 0004')
})

test('the workbook goes out and comes back unchanged', async ({ people }) => {
  const { page } = await people.member('truongca')
  await page.goto('/admin/directory/file')
  const download = page.waitForEvent('download')
  await page.getByRole('link', { name: 'Xuất ra Excel' }).click()
  const file = await (await download).path()
  await page.getByLabel('Chọn tệp', { exact: true }).setInputFiles({
    name: 'phu-luc-2.xlsx', mimeType: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', buffer: await readFile(file),
  })
  await expect(page.getByText('phu-luc-2.xlsx')).toBeVisible()
  await expect(page.getByText('Tệp giống hệt danh mục')).toBeVisible()
  await expect(page.getByRole('button', { name: 'Áp dụng' })).toHaveCount(0)

  await page.getByRole('button', { name: 'Chọn tệp khác' }).click()
  await page.getByLabel('Chọn tệp', { exact: true }).setInputFiles({
    name: 'dau-moi.csv', mimeType: 'text/csv', buffer: Buffer.from('Đơn vị,Người liên hệ,Điện thoại\nSở Vũ trụ,Ông A,115\n'),
  })
  await expect(page.getByRole('row', { name: 'A2' })).toContainText("không có đơn vị 'Sở Vũ trụ' trong danh mục")
})

test('who may not change the directory is not shown the way', async ({ people }) => {
  const { page } = await people.member('lan')
  await page.goto('/admin/knowledge')
  await expect(page.getByRole('link', { name: 'Kho hỏi đáp' })).toBeVisible()
  await expect(page.getByRole('link', { name: 'Đơn vị', exact: true })).toHaveCount(0)
  await page.goto('/admin/directory')
  await expect(page.getByText('Anh/chị không có quyền')).toBeVisible()
})
