import { expect, test } from '../support/test.ts'

test('a question is tried and saved, and a publication that makes it worse warns', async ({ people }) => {
  const { page } = await people.member('soyte')
  const question = 'Xin cấp sổ theo dõi tiêm cho trẻ ở đâu?'
  await page.goto('/admin/knowledge/new')
  const fill = async (asked: string) => {
    await page.getByRole('textbox', { name: 'Câu hỏi', exact: true }).fill(asked)
    await page.getByRole('textbox', { name: 'Câu trả lời' }).fill('Tại trạm y tế xã, phường.')
    // What each channel would send is there while it is written, and still when it is kept.
    const preview = page.getByRole('region', { name: 'Người dân sẽ thấy' })
    await expect(preview).toContainText('Tại trạm y tế')
    await page.getByRole('button', { name: 'Lưu và gửi duyệt' }).click()
    await expect(page.getByRole('button', { name: 'Viết tiếp' })).toBeVisible()
    await expect(preview).toContainText('Tại trạm y tế')
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
  // The filters say what is shown once it is there, before and after a choice.
  const period = page.getByRole('combobox', { name: '30 ngày qua' })
  const said = () => period.evaluate((list: HTMLSelectElement) => list.selectedOptions[0]?.text)
  expect(await said()).toBe('30 ngày qua')
  const again = page.waitForResponse(/knowledge\/missed.*days=7/)
  await period.selectOption({ label: '7 ngày qua' })
  await again
  await expect(group).toBeVisible()
  expect(await said()).toBe('7 ngày qua')

  const listed = await page.request.get('/api/v1/knowledge/entries?status=published&limit=1')
  const [entry] = (await listed.json()).entries as { id: string; answer: string }[]
  await group.getByRole('button', { name: 'Thêm vào mục có sẵn' }).click()
  await page.getByLabel('Mã mục').fill(entry!.id)
  await page.getByRole('dialog').getByRole('button', { name: 'Thêm vào mục có sẵn' }).click()
  await expect(page.getByText(/Đã thêm cách hỏi/)).toBeVisible()
  await expect(group).toHaveCount(0)

  const { page: reviewer } = await people.member('quantri')
  await reviewer.goto(`/admin/knowledge/${encodeURIComponent(entry!.id)}`)
  await reviewer.getByRole('button', { name: 'Duyệt và đăng' }).click()
  await expect(reviewer.getByRole('region', { name: 'Bản nháp' })).toHaveCount(0)
  const later = await people.citizen()
  await later.say(asked)
  await expect(later.heard(entry!.answer.split('\n')[0]!.slice(0, 40))).toBeVisible()
})
