import { expectAccessible } from '../support/axe.ts'
import { phone, wide } from '../support/browser.ts'
import { channels, consent, withChannels } from '../support/channels.ts'
import { expect, test } from '../support/test.ts'

test('the web chat has a card, with what came and left last', async ({ people }) => {
  const widget = await people.citizen()
  await widget.askUnknown()
  const { page } = await people.member('truongca')
  await page.goto('/desk')
  await page.getByRole('link', { name: 'Kênh', exact: true }).click()
  const card = page.getByRole('region').filter({ hasText: 'Trò chuyện trên web' }).first()
  await expect(card).toContainText('Hoạt động tốt')
  await expect(card).toContainText(/Kiểm tra\s*(vừa xong|\d+ phút trước)/)
  await expect(card).toContainText(/Tin đến gần nhất\s*vừa xong/)
  await expect(card).toContainText(/Tin gửi gần nhất\s*vừa xong/)
  await expect(card).toContainText(/Giữ lại hôm nay\s*Không có tin nào/)
  await expect(card.getByRole('button', { name: /Kết nối/ })).toHaveCount(0)
  await card.getByRole('link', { name: 'Xem tin của kênh' }).click()
  await expect(page).toHaveURL(/\/desk\?view=channel&channel=/)
  await expect(page.locator('[data-id]').first()).toBeVisible()
})

test('only who looks after channels finds them', async ({ people }) => {
  const { page } = await people.member('lan')
  await page.goto('/desk')
  await expect(page.getByRole('link', { name: 'Kho hỏi đáp' })).toBeVisible()
  await expect(page.getByRole('link', { name: 'Kênh', exact: true })).toHaveCount(0)
  await page.goto('/admin/channels')
  await expect(page.getByRole('alert').filter({ hasText: 'không có quyền' })).toBeVisible()
})

for (const [size, viewport] of Object.entries({ wide, phone })) {
  test(`every state of a channel is told in words, ${size}`, async ({ people }) => {
    const { page } = await people.member('quantri', { viewport })
    await withChannels(page)
    await page.goto('/admin/channels')
    const card = (name: string) => page.getByRole('region', { name })
    await expect(card('1022 Thanh Hóa')).toContainText('Hoạt động tốt')
    await expect(card('1022 Thanh Hóa')).toContainText(/Hạn cấp quyền\s*\d\d:\d\d \d\d\/\d\d\/\d{4} \(còn \d+ ngày\)/)
    await expect(card('Sở Y tế')).toContainText('Hoạt động, cần chú ý')
    await expect(card('Sở Y tế')).toContainText('còn không quá 7 ngày')
    await expect(card('Sở Xây dựng')).toContainText('Đang có sự cố')
    await expect(card('Sở Xây dựng')).toContainText('Hãy kết nối lại OA.')
    await expect(card('Sở Xây dựng')).toContainText('đã hết hạn')
    await expect(card('Sở Xây dựng').getByRole('link', { name: '3 chưa gửi được, 1 bị từ chối' })).toHaveAttribute('href', '/admin/stuck')
    await expect(card('Đường dây nóng')).toContainText('Kênh này không tự kiểm tra được')
    await expect(card('Đường dây nóng').getByRole('button')).toHaveCount(0)
    await expect(card('Sở Y tế').getByText(/Có thể thiếu tin của 2 người từ/)).toBeVisible()
    await expect(card('Sở Y tế').getByRole('link', { name: 'Xem ở mục cách ly' })).toHaveAttribute('href', '/admin/quarantine')
    await expectAccessible(page, `channels, ${size}`)
    const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
    expect(over, 'it fits the width of the screen').toBeLessThanOrEqual(0)
  })
}

test('an administrator is given the page of consent, once it is asked for', async ({ people }) => {
  const { page } = await people.member('quantri')
  const asked = await withChannels(page)
  await page.goto('/admin/channels')
  const card = page.getByRole('region', { name: 'Sở Xây dựng' })
  await card.waitFor()
  expect(asked).toEqual([])
  await card.getByRole('button', { name: 'Kết nối', exact: true }).click()
  const dialog = page.getByRole('dialog', { name: 'Kết nối Sở Xây dựng' })
  await expect(dialog.getByRole('link', { name: 'Mở trang của Zalo' })).toHaveAttribute('href', consent)
  await expect(dialog.getByLabel('Trang đồng ý')).toHaveValue(consent)
  await expectAccessible(page, 'connecting')
  expect(asked).toEqual(['zalo-xay-dung'])
  await dialog.getByRole('button', { name: 'Đóng' }).last().click()
  await expect(dialog).toHaveCount(0)
})

test('a page is connected without a command line, and what was not done is told', async ({ people }) => {
  const { page } = await people.member('quantri')
  await withChannels(page)
  const facebook = { ...channels()[0], id: 'fb-1022', kind: 'messenger', name: 'Trang 1022', connects: false, installs: true, health: undefined }
  await page.route('**/api/v1/channels', (route) => route.fulfill({ json: [facebook] }))
  const done = ['Đã đăng ký trang 100200300400500', 'Đã đặt trên trang: nút Bắt đầu, lời chào']
  const answers = [{ done, problem: 'Chưa đặt được webhook của ứng dụng.' }, { done: [...done, 'Đã đặt webhook của ứng dụng'] }]
  await page.route('**/api/v1/channels/fb-1022/install', (route) => route.fulfill({ json: answers.shift() }))
  await page.goto('/admin/channels')
  await page.getByRole('region', { name: 'Trang 1022' }).getByRole('button', { name: 'Kết nối', exact: true }).click()
  const dialog = page.getByRole('dialog', { name: 'Kết nối Trang 1022' })
  await expect(dialog.getByRole('listitem')).toHaveText(done)
  await expect(dialog).toContainText('Chưa đặt được webhook của ứng dụng.')
  await expectAccessible(page, 'installing')
  await dialog.getByRole('button', { name: 'Thử lại' }).click()
  await expect(dialog).toContainText('Kênh đã kết nối.')
  await expect(dialog.getByRole('listitem')).toHaveCount(3)
  await expect(dialog.getByRole('button', { name: 'Thử lại' })).toHaveCount(0)
})

test('what is known stays when the hub cannot be asked', async ({ people }) => {
  const { page } = await people.member('quantri')
  await withChannels(page)
  await page.goto('/admin/channels')
  await expect(page.getByRole('region', { name: '1022 Thanh Hóa' })).toBeVisible()
  await page.route('**/api/v1/channels', (route) => route.fulfill({ status: 503, json: { code: 'unavailable', message: 'bận' } }))
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')))
  await expect(page.getByText('Chưa làm mới được tình trạng.')).toBeVisible()
  await expect(page.getByRole('region')).toHaveCount(channels().length)
})

for (const [size, viewport] of Object.entries({ wide, phone })) {
  test(`who looks after channels is told at the desk, ${size}`, async ({ people }) => {
    const { page } = await people.member('quantri', { viewport })
    await withChannels(page)
    const known = () => page.waitForResponse('**/api/v1/directory')
    await Promise.all([known(), page.goto('/desk')])
    const soon = page.getByRole('status').getByText(/Sở Y tế:.*còn không quá 7 ngày/)
    await expect(soon).toBeVisible()
    await expect(page.getByRole('status').getByText(/Sở Xây dựng: Zalo từ chối gia hạn quyền/)).toBeVisible()
    await expectAccessible(page, `channels at the desk, ${size}`)
    await page.getByRole('status').getByRole('button', { name: 'Đóng' }).click()
    await expect(soon).toHaveCount(0)
    await Promise.all([known(), page.reload()])
    await expect(page.getByRole('status').getByText(/Sở Xây dựng/)).toBeVisible()
    await expect(soon).toHaveCount(0)
    await page.getByRole('status').getByRole('link', { name: 'Xem các kênh' }).click()
    await expect(page).toHaveURL(/\/admin\/channels$/)
    await page.unrouteAll({ behavior: 'wait' }) // none is cut off by the end of the test
  })
}
