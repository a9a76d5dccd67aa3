import { expectAccessible } from '../support/axe.ts'
import { expect, test } from '../support/test.ts'

test('two contacts become one person, and two again', async ({ people }) => {
  const one = await (await people.citizen()).askUnknown()
  const other = await (await people.citizen()).askUnknown()
  const lan = await people.member('lan')
  const { page } = lan
  await lan.goTo(other)
  const name = await lan.thread.getByRole('heading', { level: 2 }).innerText()
  await lan.goTo(one)
  await lan.context.getByRole('button', { name: 'Gộp với người khác…' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Mã một phiếu của người kia').fill('TH-000000-0000')
  await dialog.getByRole('button', { name: 'Xem trước khi gộp' }).click()
  await expect(dialog.getByText('Không tìm thấy phiếu có mã này', { exact: false })).toBeVisible()
  await dialog.getByLabel('Mã một phiếu của người kia').fill(other)
  await dialog.getByRole('button', { name: 'Xem trước khi gộp' }).click()
  await expect(dialog.getByText('Sẽ chuyển 1 phiếu và các tài khoản:')).toBeVisible()
  await expect(dialog.getByText(name).first()).toBeVisible()
  await expectAccessible(page, 'a merge')
  await dialog.getByRole('button', { name: 'Gộp hai người' }).click()
  await expect(lan.context.getByText(`Đã gộp ${name}`, { exact: false })).toBeVisible()
  await expect(lan.context.getByText(other)).toBeVisible()

  await lan.context.getByRole('button', { name: 'Tách ra' }).click()
  await expect(page.getByText('Đã tách hai người như trước.')).toBeVisible()
  await expect(lan.context.getByText(other)).toHaveCount(0)
})
