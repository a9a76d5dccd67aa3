import type { Page } from '@playwright/test'
import { expectAccessible } from '../support/axe.ts'
import { phone, wide } from '../support/browser.ts'
import { expect, test } from '../support/test.ts'

// The tests of this file tell one story on one hub, in order: an empty roster, its
// first shifts, a gap, taking over, handing over.
test.describe.configure({ mode: 'serial' })

const zone = new Intl.DateTimeFormat('en-CA', { timeZone: 'Asia/Ho_Chi_Minh' })
// One day, though midnight may pass.
const begun = Date.now()
/** A day from today, as the roster names it. */
const day = (ahead: number) => zone.format(new Date(begun + ahead * 86_400_000))
const written = (name: string) => name.split('-').reverse().join('/')

const chip = (page: Page) => page.getByRole('button', { name: /^Đang trực:/ })
const panel = (page: Page) => page.getByRole('dialog', { name: /^Đang trực/ })

async function roster(page: Page) {
  await page.goto('/admin/duty')
  await expect(page.getByRole('heading', { name: 'Lịch trực', level: 1 })).toBeVisible()
}

/** The shift of a day; two layouts hold it, and one is shown. */
function shift(page: Page, name: string, of: string) {
  return page.getByRole('button', { name: new RegExp(`^${name} ${written(of)}:`) }).filter({ visible: true })
}

async function next(page: Page, of: string, name: string) {
  await page.getByRole('button', { name: new RegExp(`^${name} \\d`) }).filter({ visible: true }).first().waitFor() // the week is there
  if ((await shift(page, name, of).count()) === 0) await page.getByRole('button', { name: 'Tuần sau' }).click()
  await expect(shift(page, name, of)).toBeVisible()
}

test('a supervisor puts people into shifts, sees what lacks, and takes it back', async ({ people }) => {
  const { page } = await people.member('truongca')
  await roster(page)
  await expect(page.getByText('Chưa có lịch trực trong thời gian này')).toBeVisible()
  const soon = day(1)
  await next(page, soon, 'Ca đêm')
  await shift(page, 'Ca đêm', soon).click()
  const dialog = page.getByRole('dialog', { name: `Ca đêm ${written(soon)}` })
  await expect(dialog).toContainText('cần ít nhất 2 người')
  await dialog.getByLabel('Cán bộ', { exact: true }).selectOption({ label: 'Lê Thị Lan' })
  await dialog.getByLabel('Nhiệm vụ trong ca').selectOption('lead')
  await dialog.getByLabel('Ghi chú').fill('Giữ điện thoại trực')
  await expectAccessible(page, 'a shift')
  await dialog.getByRole('button', { name: 'Lưu' }).click()
  await expect(dialog).toHaveCount(0)
  await expect(shift(page, 'Ca đêm', soon)).toContainText('thiếu 1 người')
  await expect(shift(page, 'Ca đêm', soon)).toContainText('Trưởng ca')
  await expect(page.getByText(/ca trong 14 ngày tới thiếu người\. Sớm nhất:/)).toBeVisible()

  await page.getByRole('button', { name: 'Hoàn tác' }).first().click()
  await expect(page.getByText('Đã hoàn tác, lịch trở lại như trước.')).toBeVisible()
  await expect(shift(page, 'Ca đêm', soon)).toContainText('thiếu 2 người')
})

test('teams take turns, once looked at', async ({ people }) => {
  const { page } = await people.member('truongca')
  await roster(page)
  await page.getByRole('button', { name: 'Xếp kíp' }).click()
  const dialog = page.getByRole('dialog', { name: 'Xếp kíp' })
  await dialog.getByLabel('Từ ngày').fill(day(1))
  await dialog.getByLabel('Đến ngày').fill(day(3))
  await dialog.getByRole('button', { name: 'Xem trước' }).click()
  await expect(dialog.getByText('Kíp 1 chưa có ai.')).toBeVisible()
  for (const team of [1, 2]) {
    for (const person of [1, 1]) await dialog.getByLabel(`Thêm người vào kíp ${team}`).selectOption({ index: person + (team - 1) })
  }
  await dialog.getByRole('button', { name: 'Xem trước' }).click()
  await expect(dialog.getByText('Sẽ thêm 12 lượt trực, bỏ 0 lượt.')).toBeVisible()
  await expectAccessible(page, 'the preview of a rotation')
  await dialog.getByRole('button', { name: 'Áp dụng 12 thay đổi' }).click()
  await expect(page.getByText('Đã đổi lịch: thêm 12 lượt, bỏ 0 lượt.')).toBeVisible()
  await next(page, day(2), 'Ca ngày')
  await expect(shift(page, 'Ca ngày', day(2))).not.toContainText('thiếu')
})

test('a leave opens a gap, and supervisors are told of it', async ({ people }) => {
  test.slow() // the hub looks for gaps once a minute
  const { page } = await people.member('truongca')
  await roster(page)
  await next(page, day(2), 'Ca ngày')
  const before = (await shift(page, 'Ca ngày', day(2)).getAttribute('aria-label'))!
  const name = /: ([^,]+),/.exec(before)![1]!
  const leaves = page.getByRole('region', { name: 'Nghỉ phép' })
  await leaves.getByRole('button', { name: 'Ghi nghỉ phép' }).click()
  await leaves.getByRole('button', { name: 'Lưu' }).click()
  await expect(leaves.getByText('Hãy chọn cán bộ trong danh sách.')).toBeVisible()
  await leaves.getByLabel('Cán bộ').selectOption({ label: name })
  await leaves.getByLabel('Từ ngày').fill(day(2))
  await leaves.getByLabel('Đến ngày').fill(day(2))
  await leaves.getByRole('button', { name: 'Lưu' }).click()
  await expect(shift(page, 'Ca ngày', day(2))).toHaveAccessibleName(new RegExp(`${name} \\(đang nghỉ phép\\).*thiếu 1 người`))
  await expect
    .poll(async () => {
      const answer = await page.request.get('/api/v1/notices')
      return JSON.stringify(await answer.json())
    }, { timeout: 90_000 })
    .toMatch(/thiếu \d người/)
})

test('one takes over, leaves a note, and the next reads it and takes over', async ({ people }) => {
  test.slow()
  const desk = await people.member('lan')
  const { page } = desk
  await page.goto('/desk')
  await chip(page).click()
  await panel(page).getByRole('button', { name: 'Nhận ca' }).click()
  await expect(page.getByText('Anh/chị đã nhận ca.')).toBeVisible()
  await expect(chip(page)).toHaveAccessibleName(/Đang trực: .*\S/)

  const widget = await people.citizen()
  const code = await widget.askUnknown()
  await desk.open(code)
  await page.keyboard.press('t')
  await expect(page.getByText('Đã nhận phiếu.')).toBeVisible()

  await chip(page).click()
  await panel(page).getByRole('button', { name: 'Bàn giao ca' }).click()
  const dialog = page.getByRole('dialog', { name: 'Bàn giao ca' })
  await expect(dialog.getByText(/Anh\/chị đang giữ \d+ phiếu\./)).toBeVisible()
  await dialog.getByLabel('Dặn dò cho ca sau').fill('Bác Tư hẹn gọi lại lúc 18 giờ.')
  await expectAccessible(page, 'handing over')
  await dialog.getByRole('button', { name: 'Bàn giao ca' }).click()
  await expect(page.getByText('Đã bàn giao ca. Cảm ơn anh/chị.')).toBeVisible()
  await expect(desk.log.getByText(/Phiếu của .* trở lại hàng chờ/)).toBeVisible()

  const incoming = (await people.member('minh')).page
  await incoming.goto('/desk')
  await expect(chip(incoming)).toHaveAccessibleName(/Có việc chờ anh\/chị/)
  await chip(incoming).click()
  await expect(panel(incoming).getByText('Bác Tư hẹn gọi lại lúc 18 giờ.')).toBeVisible()
  await expectAccessible(incoming, 'the duty at the desk')
  await panel(incoming).getByRole('button', { name: 'Đã đọc bàn giao, nhận ca' }).click()
  await expect(incoming.getByText('Anh/chị đã nhận ca.')).toBeVisible()

  const { page: supervisor } = await people.member('truongca')
  await roster(supervisor)
  const notes = supervisor.getByRole('region', { name: 'Bàn giao gần đây' })
  await expect(notes.getByText('Bác Tư hẹn gọi lại lúc 18 giờ.')).toBeVisible()
  await expect(notes.getByText(/^Đã đọc: /)).toBeVisible()
})

test('operators see the roster and change nothing, staff do not see it', async ({ people }) => {
  const { page } = await people.member('lan')
  await roster(page)
  await next(page, day(2), 'Ca ngày')
  await expect(page.getByRole('button', { name: 'Xếp kíp' })).toHaveCount(0)
  await shift(page, 'Ca ngày', day(2)).click()
  await expect(page.getByRole('dialog').getByRole('button', { name: 'Lưu' })).toHaveCount(0)
  const staff = (await people.member('soyte')).page
  await staff.goto('/admin/duty')
  await expect(staff.getByRole('alert').filter({ hasText: 'không có quyền' })).toBeVisible()
  await expect(staff.getByRole('link', { name: 'Lịch trực' })).toHaveCount(0)
})

for (const [size, viewport] of Object.entries({ wide, phone })) {
  test(`the roster fits the screen and reads well, ${size}`, async ({ people }) => {
    const { page } = await people.member('truongca', { viewport })
    await roster(page)
    for (const span of ['Tháng', 'Tuần']) {
      await page.getByRole('button', { name: span, exact: true }).click()
      await expectAccessible(page, `the roster by ${span}, ${size}`)
      const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
      expect(over, 'it fits the width of the screen').toBeLessThanOrEqual(0)
    }
  })
}
