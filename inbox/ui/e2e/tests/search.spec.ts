import { phone } from '../support/browser.ts'
import { expectAccessible } from '../support/axe.ts'
import { expect, test } from '../support/test.ts'

test.describe.configure({ timeout: 120_000 })

test('what a citizen wrote is found by words without marks, and opened where it was said', async ({ people }) => {
  const widget = await people.citizen()
  const code = await widget.askUnknown()
  const lan = await people.member('lan')
  await lan.goTo(code)
  await lan.page.getByRole('button', { name: 'Nhận', exact: true }).click()
  await expect(lan.page.getByText('Đã nhận phiếu.')).toBeVisible()
  await widget.say(`Nhà tôi cạnh cây đa cổ thụ nghìn tuổi ${code.slice(-4)}`)
  for (let i = 0; i < 6; i++) await widget.say(`${'chờ mãi vẫn chưa thấy ai tới xem. '.repeat(12)} lần ${i}`)
  await expect(widget.entry('lần 5')).toBeVisible()

  const box = lan.page.getByRole('textbox', { name: 'Tìm tin nhắn' })
  const results = lan.page.getByRole('region', { name: 'Kết quả tìm' })
  const found = results.getByRole('link').filter({ hasText: code })
  await lan.visit('mine')
  await lan.page.keyboard.press('/')
  await expect(box).toBeFocused()
  await expect(async () => {
    await box.fill(`"cay da co thu" ${code.slice(-4)}`)
    await expect(found).toBeVisible({ timeout: 2000 })
    await box.fill('')
  }).toPass()
  await lan.page.keyboard.type('cay da co thu')
  await expect(found.locator('mark')).toHaveText('cây đa cổ thụ')
  await expectAccessible(lan.page, 'what was found')

  await lan.page.keyboard.press('ArrowDown')
  await expect(results.getByRole('link').first()).toBeFocused()
  await found.click()
  await lan.opened(code)
  const said = lan.message('cây đa cổ thụ')
  await expect(said).toBeInViewport()
  await expect(said).toHaveAttribute('aria-current', 'true')

  await box.fill(code)
  await expect(results.getByRole('link')).toHaveCount(1)
  await expect(found.locator('mark')).toHaveText(code)
  await box.fill('khongaivietchunaycaxyz')
  await expect(results.getByText('Không tìm thấy tin nhắn nào')).toBeVisible()
  await box.press('Escape')
  await expect(results).toBeHidden()
  await expect(lan.rows.first()).toBeVisible()

  // The desk's own matters are no department's.
  const doctor = await people.member('soyte')
  await doctor.visit()
  await doctor.page.keyboard.press('/')
  await doctor.page.keyboard.type('cây đa cổ thụ')
  await expect(doctor.page.getByText('Không tìm thấy tin nhắn nào')).toBeVisible()
})

test('on a phone what was found and the conversation take turns', async ({ people }) => {
  const desk = await people.member('lan', { viewport: phone })
  await desk.visit('all')
  await desk.page.getByRole('textbox', { name: 'Tìm tin nhắn' }).fill('tiem')
  const first = desk.page.getByRole('region', { name: 'Kết quả tìm' }).getByRole('link').first()
  await first.click()
  await expect(desk.log).toBeVisible()
  await expect(first).toBeHidden()
  await desk.page.getByRole('button', { name: 'Về danh sách' }).click()
  await expect(first).toBeVisible()
})

test('a search that cannot be answered says so, and answers when tried again', async ({ people }) => {
  const desk = await people.member('lan')
  await desk.visit('all')
  await desk.page.route('**/api/v1/search?*', (route) => route.fulfill({ status: 503, json: { code: 'unavailable', message: '' } }))
  await desk.page.getByRole('textbox', { name: 'Tìm tin nhắn' }).fill('tiêm')
  const results = desk.page.getByRole('region', { name: 'Kết quả tìm' })
  await expect(results.getByRole('alert')).toContainText('Anh/chị thử lại sau ít phút')
  await desk.page.unroute('**/api/v1/search?*')
  await results.getByRole('button', { name: 'Thử lại' }).click()
  await expect(results.getByRole('link').first()).toBeVisible()
})
