import { expectAccessible } from '../support/axe.ts'
import { phone } from '../support/browser.ts'
import { Widget } from '../support/widget.ts'
import { expect, test } from '../support/test.ts'

const registration = 'Đăng ký tiêm vắc xin phòng Covid-19 ở đâu và bằng cách nào?'

for (const question of ['đăng ký tiêm vắc xin ở đâu', 'dang ky tiem vac xin o dau']) {
  test(`answers show while one types "${question}"`, async ({ people }) => {
    const page = await people.stranger()
    await page.goto('/')
    await page.getByRole('combobox').pressSequentially(question)
    await expect(page.getByRole('option').first()).toContainText(registration)

    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await expect(page.getByRole('heading', { name: registration })).toBeVisible()
    await expect(page.getByText('trạm y tế, UBND xã, phường')).toBeVisible()
    await expect(page.getByText('Sở Y tế').first()).toBeVisible()
    await expect(page.getByText(/^\d\d\/\d\d\/\d{4}$/).first()).toBeVisible()
  })
}

test('without JavaScript the search is a form', async ({ people }) => {
  const page = await people.stranger({ javaScriptEnabled: false })
  await page.goto('/')
  await page.getByRole('searchbox').fill('dang ky tiem vac xin o dau')
  await page.getByRole('button', { name: 'Tìm', exact: true }).click()
  await expect(page.getByRole('link', { name: registration })).toBeVisible()
  await page.getByRole('link', { name: registration }).click()
  await expect(page.getByRole('heading', { name: registration })).toBeVisible()
  await expect(page.getByText('trạm y tế, UBND xã, phường')).toBeVisible()
})

test('who was not helped says so without JavaScript, and the desk reads what was looked for', async ({ people }) => {
  const page = await people.stranger({ javaScriptEnabled: false, viewport: phone })
  await page.goto('/hoi-dap?q=dang+ky+tiem+vac+xin+o+dau')
  await page.getByRole('link', { name: registration }).click()
  await page.getByText('Không', { exact: true }).click()
  await page.getByLabel('Anh/chị muốn biết điều gì?').fill('xe tiêm lưu động về bản Pù Nhi ngày nào')
  await page.getByRole('button', { name: 'Gửi', exact: true }).click()
  await expect(page.getByText('Cảm ơn anh/chị đã cho biết.')).toBeVisible()
  await expect(page.getByRole('heading', { name: 'có giúp ích' })).toHaveCount(0)

  const { page: desk } = await people.member('truongca')
  await desk.goto('/admin/knowledge/missed')
  const group = desk.getByRole('listitem').filter({ hasText: 'dang ky tiem vac xin o dau – xe tiêm lưu động về bản Pù Nhi ngày nào' })
  await expect(group.first()).toContainText('Chưa đúng ý')
})

test('the question whether an answer helped can be used by everybody, on a phone too', async ({ people }) => {
  const page = await people.stranger({ viewport: phone })
  await page.goto('/hoi-dap?q=dang+ky+tiem+vac+xin+o+dau')
  await page.getByRole('link', { name: registration }).click()
  await page.getByText('Không', { exact: true }).press('Enter')
  await expect(page.getByLabel('Anh/chị muốn biết điều gì?')).toBeVisible()
  expect(await page.evaluate(() => document.documentElement.scrollWidth), 'no scrolling sideways').toBeLessThanOrEqual(phone.width)
  await expectAccessible(page, 'the page of an answer that is judged')
})

test('the first view weighs no more than 100 KB', async ({ people }) => {
  const page = await people.stranger()
  const weights = new Map<string, number>()
  page.on('requestfinished', async (request) => {
    const { responseBodySize, responseHeadersSize } = await request.sizes()
    weights.set(new URL(request.url()).pathname, responseBodySize + responseHeadersSize)
  })
  await page.goto('/', { waitUntil: 'networkidle' })
  await expect(page.getByRole('button', { name: 'Mở khung trò chuyện' })).toBeVisible()
  const total = [...weights.values()].reduce((sum, weight) => sum + weight, 0)
  expect(total, [...weights].map(([path, weight]) => `${path} ${weight}`).join('\n')).toBeLessThanOrEqual(100 * 1024)
})

test('"Trò chuyện ngay" opens the chat', async ({ people }) => {
  const page = await people.stranger()
  await page.goto('/')
  await page.getByRole('link', { name: 'Trò chuyện ngay' }).first().click()
  await expect(new Widget(page).panel).toBeVisible()
})
