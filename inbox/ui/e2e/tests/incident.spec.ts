import { expectAccessible } from '../support/axe.ts'
import { expect, test } from '../support/test.ts'

test('five reports of one incident are answered at once', async ({ people }) => {
  const widgets = await Promise.all(Array.from({ length: 5 }, () => people.citizen()))
  const codes: string[] = []
  for (const widget of widgets) codes.push(await widget.askUnknown())
  const lan = await people.member('lan')
  const { page } = lan
  await lan.goTo(codes[0]!)
  await page.getByRole('button', { name: 'Việc khác' }).click()
  await page.getByRole('menuitem', { name: 'Gắn vào sự việc chung…' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('button', { name: 'Tạo sự việc' }).click()
  await expect(dialog.getByText('Hãy đặt tên cho sự việc', { exact: false })).toBeVisible()
  await dialog.getByLabel('Tên sự việc').fill('Cột điện nghiêng đường Lê Lợi')
  await dialog.getByRole('button', { name: 'Tạo sự việc' }).click()
  await expect(page.getByRole('heading', { name: 'Cột điện nghiêng đường Lê Lợi', level: 1 })).toBeVisible()

  await page.getByRole('button', { name: `Thêm phiếu ${codes[1]} vào sự việc` }).click()
  await expect(page.getByRole('button', { name: `Gỡ phiếu ${codes[1]} khỏi sự việc` })).toBeVisible()
  for (const code of codes.slice(2)) {
    await page.getByLabel('Thêm phiếu theo mã').fill(code.toLowerCase())
    await page.getByRole('button', { name: 'Thêm', exact: true }).first().click()
    await expect(page.getByRole('button', { name: `Gỡ phiếu ${code} khỏi sự việc` })).toBeVisible()
  }
  await page.getByLabel('Thêm phiếu theo mã').fill('TH-000000-0000')
  await page.getByRole('button', { name: 'Thêm', exact: true }).first().click()
  await expect(page.getByText('Không tìm thấy phiếu có mã này', { exact: false })).toBeVisible()
  await expect(page.getByLabel('Thêm phiếu theo mã')).toHaveValue('TH-000000-0000')

  await expectAccessible(page, 'an incident')

  const answer = 'Dạ, đội điện đang dựng lại cột, 15 giờ xong ạ.'
  await page.getByLabel('Câu trả lời cho mọi người đã báo').fill(answer)
  await page.getByRole('button', { name: 'Gửi tới 5 phiếu đang mở' }).click()
  await expect(page.getByText('Đã trả lời 5 trong 5 phiếu.')).toBeVisible()
  for (const widget of widgets) await expect(widget.heard(answer)).toHaveCount(1)
  await lan.goTo(codes[3]!)
  await expect(lan.thread.getByRole('link', { name: 'Sự việc chung' })).toBeVisible()
  await expect(lan.page.getByRole('button', { name: 'Mở lại', exact: true }).first()).toBeVisible()

  await page.goto('/desk')
  await page.getByLabel('Tìm tin nhắn').fill('cot dien nghieng')
  await page.getByRole('link', { name: /Cột điện nghiêng đường Lê Lợi/ }).click()
  await page.getByRole('button', { name: 'Đóng sự việc' }).click()
  await expect(page.getByText('Đã đóng sự việc; các phiếu không thay đổi.')).toBeVisible()
})

test('a label is found while it is typed, and has a view', async ({ people }) => {
  const one = await (await people.citizen()).askUnknown()
  const other = await (await people.citizen()).askUnknown()
  const lan = await people.member('lan')
  const { page } = lan
  const dialog = page.getByRole('dialog')
  const label = async (code: string, typed: string) => {
    await lan.goTo(code)
    await page.getByRole('button', { name: 'Việc khác' }).click()
    await page.getByRole('menuitem', { name: 'Nhãn' }).click()
    await dialog.getByLabel('Thêm nhãn').fill(typed)
  }
  await label(one, 'Chờ điện lực')
  await expectAccessible(page, 'labels')
  await dialog.getByRole('button', { name: 'Nhãn mới “Chờ điện lực”' }).click()
  await dialog.getByRole('button', { name: 'Lưu nhãn' }).click()
  await expect(lan.thread.getByRole('link', { name: 'Chờ điện lực' })).toBeVisible()

  await label(other, 'cho dien')
  await dialog.getByRole('button', { name: /^Chờ điện lực/ }).click()
  await dialog.getByRole('button', { name: 'Lưu nhãn' }).click()
  await lan.thread.getByRole('link', { name: 'Chờ điện lực' }).click()
  await expect(page).toHaveURL(/label=/)
  for (const code of [one, other]) await expect(await lan.row(code)).toContainText('Chờ điện lực')
})
