import { expect, test } from '../support/test.ts'

const question = 'Xin cấp lại thẻ thư viện tỉnh ở đâu?'

test('staff write, another publishes, the citizen gets the new answer, and versions are compared', async ({ people }) => {
  const { page: author } = await people.member('soyte')
  await author.goto('/admin/knowledge')
  await author.getByRole('button', { name: 'Soạn mục mới' }).click()
  const fill = async (answer: string) => {
    await author.getByRole('textbox', { name: 'Câu trả lời' }).fill(answer)
    await author.getByRole('button', { name: 'Lưu và gửi duyệt' }).click()
    await expect(author.getByRole('button', { name: 'Viết tiếp' })).toBeVisible()
  }
  await author.getByRole('textbox', { name: 'Câu hỏi', exact: true }).fill(question)
  await author.getByRole('textbox', { name: /^Cách hỏi khác/ }).fill('Mất thẻ thư viện thì làm lại thế nào?')
  await author.getByLabel('Đính kèm tệp').setInputFiles({ name: 'quyet-dinh.txt', mimeType: 'text/plain', buffer: Buffer.from('Quyết định về thẻ thư viện') })
  await expect(author.getByText('quyet-dinh.txt')).toBeVisible()
  await fill('Đến quầy số hai của thư viện tỉnh.')

  // Who wrote it does not publish it, and is told why.
  await expect(author.getByRole('button', { name: 'Duyệt và đăng' })).toBeDisabled()
  await expect(author.getByText(/một người khác phải duyệt/)).toBeVisible()

  const { page: reviewer } = await people.member('truongca')
  await reviewer.goto(author.url())
  await reviewer.getByRole('button', { name: 'Trả lại' }).click()
  await reviewer.getByRole('button', { name: 'Trả lại' }).last().click()
  await expect(reviewer.getByRole('dialog').getByText('Hãy nhập nội dung.')).toBeVisible()
  await reviewer.getByLabel('Lý do').fill('Ghi thêm giờ mở cửa.')
  await reviewer.getByRole('button', { name: 'Trả lại' }).last().click()
  await expect(author.getByRole('note')).toContainText('Ghi thêm giờ mở cửa.')

  await author.getByRole('button', { name: 'Viết tiếp' }).click()
  await fill('Đến quầy số hai của thư viện tỉnh, từ 8 giờ.')
  await reviewer.getByRole('button', { name: 'Duyệt và đăng' }).click()
  await expect(reviewer.getByRole('region', { name: 'Đang trả lời người dân' })).toContainText('từ 8 giờ')
  const file = await reviewer.request.get((await reviewer.getByRole('link', { name: 'quyet-dinh.txt' }).getAttribute('href'))!)
  expect(await file.text()).toBe('Quyết định về thẻ thư viện')

  const widget = await people.citizen()
  await widget.say('mat the thu vien tinh lam lai the nao')
  await expect(widget.heard('Đến quầy số hai của thư viện tỉnh, từ 8 giờ.')).toBeVisible()

  // While the next version is in review, the published one goes on answering.
  await author.getByRole('button', { name: 'Sửa', exact: true }).click()
  await fill('Đến quầy số năm của thư viện tỉnh, từ 8 giờ.')
  const draft = reviewer.getByRole('region', { name: 'Bản nháp' })
  await expect(draft.locator('del')).toContainText('hai')
  await expect(draft.locator('ins')).toContainText('năm')
  const second = await people.citizen()
  await second.say('mat the thu vien tinh lam lai the nao')
  await expect(second.heard('Đến quầy số hai của thư viện tỉnh, từ 8 giờ.')).toBeVisible()
  await draft.getByRole('button', { name: 'Duyệt và đăng' }).click()
  await expect(reviewer.getByRole('region', { name: 'Đang trả lời người dân' })).toContainText('quầy số năm')
  const third = await people.citizen()
  await third.say('mat the thu vien tinh lam lai the nao')
  await expect(third.heard('Đến quầy số năm của thư viện tỉnh, từ 8 giờ.')).toBeVisible()

  // Two versions, word by word, and back to the first as a new draft.
  const versions = reviewer.getByRole('region', { name: 'So sánh phiên bản' })
  await expect(versions.locator('del')).toContainText('hai')
  await expect(versions.locator('ins')).toContainText('năm')
  await versions.getByRole('button', { name: 'Lấy lại phiên bản 1' }).click()
  await expect(draft.locator('ins')).toContainText('hai')
})

test('a department is told by when to deliver, and the board marks who is late', async ({ people }) => {
  const { page } = await people.member('truongca')
  await page.goto('/admin/knowledge/board')
  const row = page.getByRole('row').filter({ hasText: 'Sở Y tế' }).first()
  await row.getByLabel(/^Hạn của Sở Y tế/).fill('2026-01-31')
  await expect(page.getByText(/Đã đặt hạn 31\/01\/2026/)).toBeVisible()
  await row.getByLabel(/^Hạn của Sở Y tế/).fill('')
  await expect(page.getByText('Đã bỏ hạn')).toBeVisible()
})
