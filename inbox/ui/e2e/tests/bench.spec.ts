import { expect, test } from '../support/test.ts'

test('a question is tried and saved, and a publication that makes it worse warns', async ({ people }) => {
  const { page } = await people.member('soyte')
  const question = 'Xin cấp sổ theo dõi tiêm cho trẻ ở đâu?'
  await page.goto('/admin/knowledge/new')
  const fill = async (asked: string) => {
    await page.getByRole('textbox', { name: 'Câu hỏi', exact: true }).fill(asked)
    await page.getByRole('textbox', { name: 'Câu trả lời' }).fill('Tại trạm y tế xã, phường.')
    await page.getByRole('button', { name: 'Lưu và gửi duyệt' }).click()
    await expect(page.getByRole('region', { name: 'Người dân sẽ thấy' })).toContainText('Tại trạm y tế')
  }
  await fill(question)
  const { page: lead } = await people.member('truongca')
  await lead.goto(page.url())
  await lead.getByRole('button', { name: 'Duyệt và đăng' }).click()
  await expect(lead.getByRole('region', { name: 'Đang trả lời người dân' })).toBeVisible()

  await lead.goto('/admin/knowledge/bench')
  await lead.getByRole('textbox', { name: 'Câu hỏi' }).fill('xin cap so theo doi tiem cho tre o dau')
  await lead.getByRole('button', { name: 'Hỏi', exact: true }).click()
  await expect(lead.getByRole('heading', { name: 'Bot trả lời' })).toBeVisible()
  await lead.getByRole('button', { name: 'Lưu: câu này do mục này trả lời' }).first().click()
  await expect(lead.getByText('Đã lưu câu hỏi.')).toBeVisible()

  await page.getByRole('button', { name: 'Sửa', exact: true }).click()
  await fill('Nuôi ong lấy mật cần lưu ý gì?')
  await lead.goto(page.url())
  await lead.getByRole('button', { name: 'Duyệt và đăng' }).click()
  await expect(lead.getByRole('dialog')).toContainText('xin cap so theo doi tiem cho tre o dau')
  await lead.getByLabel('Lý do vẫn đăng').fill('Chuyển sang mục khác.')
  await lead.getByRole('button', { name: 'Vẫn đăng' }).click()
  await expect(lead.getByRole('heading', { level: 1 })).toContainText('Nuôi ong')
})

test('what was not answered gets its wording into an entry, and the bot answers it', async ({ people }) => {
  const asked = 'mấy giờ diễn rối nước đêm rằm'
  const widget = await people.citizen()
  await widget.say(asked)
  const { page } = await people.member('truongca')
  await page.goto('/admin/knowledge/missed')
  const group = page.getByRole('listitem').filter({ hasText: asked }).first()
  await expect(async () => {
    await page.reload()
    await expect(group).toBeVisible({ timeout: 3000 })
  }).toPass()
  await group.getByRole('button', { name: 'Bỏ qua' }).click()
  await page.getByLabel('Lý do').fill('Thử.')
  await page.getByRole('dialog').getByRole('button', { name: 'Bỏ qua' }).click()
  await expect(page.getByText('Đã bỏ qua.')).toBeVisible()
})
