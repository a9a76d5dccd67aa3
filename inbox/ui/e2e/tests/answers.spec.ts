import type { Page } from '@playwright/test'
import { expectAccessible } from '../support/axe.ts'
import { phone } from '../support/browser.ts'
import { expect, test } from '../support/test.ts'

/** Writes a ready answer on the page of them. */
async function keep(page: Page, answer: { title: string; shortcut?: string; text: string; whose?: string }): Promise<void> {
  await page.goto('/desk/answers')
  await page.getByRole('button', { name: 'Thêm mẫu' }).first().click()
  const dialog = page.getByRole('dialog', { name: 'Thêm mẫu' })
  await dialog.getByLabel('Tên', { exact: true }).fill(answer.title)
  await dialog.getByLabel('Mã gõ nhanh').fill(answer.shortcut ?? '')
  await dialog.getByLabel('Nội dung').fill(answer.text)
  if (answer.whose) await dialog.getByLabel('Ai dùng').selectOption(answer.whose)
  await dialog.getByRole('button', { name: 'Lưu' }).click()
  await expect(dialog).toBeHidden()
  await expect(page.getByText(answer.title, { exact: true })).toBeVisible()
}

test('a ready answer is found without diacritics, filled from the matter, and sent once its places are filled', async ({ people }) => {
  const boss = await people.member('truongca')
  await keep(boss.page, { title: 'Hẹn giờ gọi lại', shortcut: 'goilai', text: 'Dạ, em là {can_bo}. Phiếu {ma_phieu}: em sẽ gọi lại lúc {gio_goi}.', whose: 'Mọi người' })

  const widget = await people.citizen()
  const code = await widget.askUnknown()
  const desk = await people.member('lan')
  await desk.goTo(code)
  await desk.answer.click()
  await desk.answer.pressSequentially('/hen gio')
  await expect(desk.page.getByRole('option', { name: /Hẹn giờ gọi lại/ })).toHaveAttribute('aria-selected', 'true')
  await desk.page.keyboard.press('Enter')
  await expect(desk.answer).toHaveValue(`Dạ, em là Lê Thị Lan. Phiếu ${code}: em sẽ gọi lại lúc {gio_goi}.`)

  // What is not filled is asked for, and stands marked to be typed over.
  await desk.page.keyboard.press('Control+Enter')
  await expect(desk.page.getByRole('alert').filter({ hasText: 'điền hoặc xóa' })).toBeVisible()
  await desk.page.keyboard.type('15 giờ')
  await expect(desk.page.getByText('Còn chỗ chưa điền')).toBeHidden()
  await desk.page.keyboard.press('Control+Enter')
  await expect(widget.heard('em sẽ gọi lại lúc 15 giờ.')).toHaveCount(1)
})

test('what was changed is offered at once, and what is one’s own to nobody else', async ({ people }) => {
  const lan = await people.member('lan')
  const widget = await people.citizen()
  const code = await widget.askUnknown()
  await lan.goTo(code)
  const minh = await people.member('minh')
  await keep(minh.page, { title: 'Của riêng Minh', shortcut: 'rieng', text: 'Dạ.' })
  const boss = await people.member('truongca')
  await keep(boss.page, { title: 'Mới thêm hôm nay', shortcut: 'moithem', text: 'Dạ, mới.', whose: 'Mọi người' })
  await lan.answer.pressSequentially('/moithem')
  await expect(lan.page.getByRole('option', { name: /Mới thêm hôm nay/ })).toBeVisible()
  await lan.answer.fill('')
  await lan.answer.pressSequentially('/rieng')
  await expect(lan.page.getByText('Không có mẫu nào khớp.')).toBeVisible()
  await lan.page.keyboard.press('Escape')
  await expect(lan.page.getByText('Không có mẫu nào khớp.')).toBeHidden()
  await expect(lan.answer).toHaveValue('/rieng')
})

test('what is wrong with a ready answer is said beside its field, and nothing typed is lost', async ({ people }) => {
  const { page } = await people.member('lan')
  await page.goto('/desk/answers')
  await page.getByRole('button', { name: 'Thêm mẫu' }).first().click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Mã gõ nhanh').fill('xin chào')
  await dialog.getByLabel('Nội dung').fill('Chào {tên}')
  await dialog.getByRole('button', { name: 'Lưu' }).click()
  await expect(dialog.getByText('Hãy đặt tên cho câu trả lời mẫu.')).toBeVisible()
  await expect(dialog.getByText(/chữ thường không dấu, chữ số, dấu/)).toBeVisible()
  await expect(dialog.getByText(/Chỗ điền viết bằng chữ thường/)).toBeVisible()
  await expect(dialog.getByLabel('Nội dung')).toHaveValue('Chào {tên}')
  await expectAccessible(page, 'a ready answer with mistakes')
})

test('ready answers are complete on a phone', async ({ people }) => {
  const { page } = await people.member('minh', { viewport: phone })
  await keep(page, { title: 'Trên điện thoại', text: 'Dạ, {ten_nguoi_dan}.' })
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(phone.width)
  await expectAccessible(page, 'ready answers on a phone')
  await page.getByRole('button', { name: 'Xóa mẫu Trên điện thoại' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Xóa' }).click()
  await expect(page.getByText('Trên điện thoại', { exact: true })).toBeHidden()
})
