import type { Page, Route } from '@playwright/test'
import { expectAccessible } from '../support/axe.ts'
import { phone } from '../support/browser.ts'
import { expect, test } from '../support/test.ts'

const full = { disk: { level: 'no_files', used: 96, free: 1_900_000_000 }, damaged: 2, failing_since: '2026-11-21T02:12:00Z' }

/** Lets a page see these facts instead of the hub's. */
async function withHouse(page: Page, storage: object, backupAt?: string): Promise<{ asked: unknown[] }> {
  const asked: unknown[] = []
  let held = backupAt
  await page.route('**/api/v1/storage', (route) => route.fulfill({ json: storage }))
  await page.route('**/api/v1/hold', async (route: Route) => {
    if (route.request().method() === 'PUT') {
      asked.push(route.request().postDataJSON())
      held = undefined
      return route.fulfill({ status: 204 })
    }
    return held ? route.fulfill({ json: { backup_at: held } }) : route.fulfill({ status: 204 })
  })
  return { asked }
}

for (const [where, viewport] of [['a desk', undefined], ['a phone', phone]] as const) {
  test(`on ${where} a supervisor reads what threatens the messages and what to do`, async ({ people }) => {
    const { page } = await people.member('truongca', viewport ? { viewport } : {})
    await withHouse(page, full)
    await page.goto('/desk')
    await expect(page.getByText('Từ 09:12 21/11/2026 kho dữ liệu không ghi được')).toBeVisible()
    await expect(page.getByText(/Ổ đĩa đã dùng 96 %, còn 1,8 GB: không nhận tệp đính kèm/)).toBeVisible()
    await expect(page.getByText(/Có 2 bản ghi bị hỏng/)).toBeVisible()
    await expectAccessible(page, 'what threatens the messages')
    await page.getByRole('button', { name: 'Cần làm gì?' }).last().click()
    const dialog = page.getByRole('dialog', { name: 'Có bản ghi bị hỏng' })
    await expect(dialog).toContainText('tongdai verify')
    await expect(dialog).toContainText('docs/operate/storage.md')
    await expectAccessible(page, 'what to do about damage')
  })
}

for (const [scheme, viewport] of [['light', undefined], ['dark', phone]] as const) {
  test(`a backup that is late, or was never made, is told in both languages, ${scheme}`, async ({ people }) => {
    const { page } = await people.member('truongca', { colorScheme: scheme, ...(viewport && { viewport }) })
    await page.clock.setFixedTime(new Date('2026-11-24T02:00:00Z'))
    const enough = { disk: { level: 'enough', used: 10, free: 1 }, damaged: 0, backup_late: true }
    await withHouse(page, { ...enough, last_backup: '2026-11-20T18:30:00Z' })
    await page.goto('/desk')
    await expect(page.getByText('Bản sao lưu mới nhất được tạo lúc 01:30 21/11/2026, đã quá 3 ngày.')).toBeVisible()
    await page.getByRole('button', { name: 'Cần làm gì?' }).click()
    const dialog = page.getByRole('dialog', { name: 'Bản sao lưu đã cũ' })
    await expect(dialog).toContainText('docs/operate/backup.md')
    await expect(dialog).not.toContainText('storage.md')
    await expectAccessible(page, 'what to do about a late backup')
    await page.evaluate(() => localStorage.setItem('desk:language', 'en'))
    await withHouse(page, enough)
    await page.reload()
    await expect(page.getByText('No daily backup has been made yet.')).toBeVisible()
  })
}

test('what is held after a restore is set aside, once the consequence was read', async ({ people }) => {
  const { page } = await people.member('truongca')
  const { asked } = await withHouse(page, { disk: { level: 'enough', used: 10, free: 1 }, damaged: 0 }, '2026-11-21T02:12:00Z')
  await page.goto('/admin/channels')
  await expect(page.getByText('Hệ thống vừa được khôi phục từ bản sao lưu lúc 09:12 21/11/2026')).toBeVisible()
  await page.getByRole('button', { name: 'Gửi các tin đang chờ' }).click()
  const send = page.getByRole('dialog', { name: 'Gửi các tin đang chờ' })
  await expect(send).toContainText('sẽ tới người dân lần nữa')
  await send.getByRole('button', { name: 'Hủy' }).click()
  await page.getByRole('button', { name: 'Để riêng từng tin cho cán bộ xem' }).click()
  const aside = page.getByRole('dialog', { name: 'Để riêng từng tin cho cán bộ xem' })
  await expectAccessible(page, 'setting aside what waits')
  await aside.getByRole('button', { name: 'Để riêng', exact: true }).click()
  await expect(page.getByText('Các tin đang chờ đã được để riêng')).toBeVisible()
  await expect(page.getByText('Hệ thống vừa được khôi phục')).toBeHidden()
  expect(asked).toEqual([{ aside: true }])
})

for (const [where, viewport] of [['a desk', undefined], ['a phone', phone]] as const) {
  test(`on ${where} an administrator reads that no backups are made, where the house is set up`, async ({ people }) => {
    const { page } = await people.member('quantri', viewport ? { viewport } : {})
    const unset = { disk: { level: 'enough', used: 10, free: 1 }, damaged: 0, backup_late: false, backup_off: true }
    const line = page.getByText('chưa được đặt để tự sao lưu hằng ngày')
    await withHouse(page, unset)
    await page.goto('/admin/members')
    await expect(line).toBeVisible()
    await page.getByRole('button', { name: 'Cần làm gì?' }).click()
    const dialog = page.getByRole('dialog', { name: 'Chưa bật sao lưu hằng ngày' })
    await expect(dialog).toContainText('backup.folder')
    await expect(dialog).toContainText('docs/operate/backup.md')
    await expectAccessible(page, 'what to do where no backups are made')
    await page.keyboard.press('Escape')
    await page.goto('/desk')
    await expect(page.getByRole('navigation').first()).toBeVisible()
    await expect(line).toBeHidden()
  })
}

test('pages of a supervisor ask for nothing that is not there', async ({ people }) => {
  const { page } = await people.member('truongca')
  const refused: string[] = []
  let held: number | undefined
  page.on('response', (response) => {
    const { pathname } = new URL(response.url())
    if (pathname === '/api/v1/hold') held = response.status()
    if (response.status() >= 400) refused.push(`${response.status()} ${pathname}`)
  })
  for (const path of ['/desk', '/admin', '/admin/channels']) {
    held = undefined
    await page.goto(path)
    await expect(page.getByRole('heading', { level: 1 }).first()).toBeAttached()
    await expect.poll(() => held, path).toBe(204)
  }
  expect(refused).toEqual([])
})

test('an operator is not told of the disk', async ({ people }) => {
  const { page } = await people.member('lan')
  const asked: string[] = []
  page.on('request', (request) => asked.push(new URL(request.url()).pathname))
  await page.goto('/desk')
  await expect(page.getByRole('navigation').first()).toBeVisible()
  await expect.poll(() => asked.includes('/api/v1/views')).toBe(true)
  expect(asked.filter((path) => /storage|hold$/.test(path))).toEqual([])
})
