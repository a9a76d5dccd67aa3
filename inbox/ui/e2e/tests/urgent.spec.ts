import { expect, test } from '../support/test.ts'

test('an urgent message reaches the desk, the department, and is answered', async ({ people }) => {
  const lan = await people.member('lan')
  const soyte = await people.member('soyte')
  const noivu = await people.member('noivu')
  await Promise.all([lan.visit(), soyte.visit(), noivu.visit()])

  const widget = await people.citizen()
  await widget.say('em bị khó thở quá, tím tái')
  const advice = widget.heard('Anh/chị gọi ngay 115')
  await expect(advice).toBeVisible()
  await expect(advice.getByRole('link', { name: 'Gọi 115' })).toHaveAttribute('href', 'tel:115')
  const code = await widget.code()

  // The desk: a red banner, and a place among the urgent ones at the top.
  await expect(lan.banner).toBeVisible()
  const row = await lan.row(code)
  await expect(row).toContainText('KHẨN')
  const urgent = await lan.rows.filter({ hasText: 'KHẨN' }).count()
  const id = await row.getAttribute('data-id')
  expect((await lan.order()).indexOf(id!)).toBeLessThan(urgent)

  // The department of health is alarmed, and answers once it is given the matter; no other sees it.
  await expect.poll(() => soyte.idOf(code)).toBe(id)
  expect((await soyte.page.request.post(`/api/v1/conversations/${id}/take`, { headers: { Origin: new URL(soyte.page.url()).origin } })).status()).toBe(403)
  expect((await noivu.page.request.get(`/api/v1/conversations/${id}`)).status()).toBe(404)
  await row.click()
  await lan.opened(code)
  await lan.page.getByRole('button', { name: /^Đơn vị:/ }).click()
  await lan.page.getByRole('combobox', { name: 'Đơn vị' }).fill('so y te')
  await lan.page.getByRole('option', { name: 'Sở Y tế', exact: true }).click()
  await lan.page.getByLabel('Lời nhắn').fill('Nhờ Sở Y tế gọi ngay cho người dân.')
  await lan.page.getByRole('button', { name: 'Chuyển', exact: true }).click()
  await expect(lan.log.getByText(/chuyển tới Sở Y tế/)).toBeVisible()

  const theirs = soyte.page.locator(`[data-id="${id}"]`)
  await expect(theirs).toContainText('KHẨN')
  await expect(soyte.banner).toBeVisible()
  await theirs.click()
  await expect(soyte.log.getByText('Nhờ Sở Y tế gọi ngay cho người dân.')).toBeVisible()
  await soyte.reply('Tôi là Hà, Sở Y tế. Xe cấp cứu đang tới.')
  await expect(widget.heard('Xe cấp cứu đang tới')).toHaveCount(1)
  await expect(widget.log.getByText('Nhờ Sở Y tế gọi ngay')).toHaveCount(0)
  await expect(noivu.page.locator(`[data-id="${id}"]`)).toHaveCount(0)
  expect(await noivu.idOf(code)).toBeUndefined()
})
