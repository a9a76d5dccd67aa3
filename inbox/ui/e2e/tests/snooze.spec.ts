import { expectAccessible } from '../support/axe.ts'
import { phone } from '../support/browser.ts'
import { expect, test, type People } from '../support/test.ts'

/** A matter that waits for people, opened by a member. */
async function waiting(people: People) {
  const widget = await people.citizen()
  const code = await widget.askUnknown()
  const lan = await people.member('lan')
  await lan.goTo(code)
  const more = async (item: string | RegExp) => {
    await lan.page.getByRole('button', { name: 'Việc khác' }).click()
    await lan.page.getByRole('menuitem', { name: item }).click()
  }
  return { widget, code, lan, more, dialog: lan.page.getByRole('dialog') }
}

test('a snoozed matter leaves the desk, and comes back when the citizen writes', async ({ people }) => {
  const { widget, code, lan, more, dialog } = await waiting(people)
  await more('Tạm gác…')
  await dialog.getByRole('radio', { name: /Sáng mai/ }).check()
  await dialog.getByRole('button', { name: 'Tạm gác', exact: true }).click()
  await expect(lan.page.getByText(/^Đã tạm gác tới 07:30/)).toBeVisible()
  await expect(lan.thread.getByText(/Tạm gác tới 07:30/)).toBeVisible()
  await expect(lan.log.getByText(/Lê Thị Lan tạm gác tới 07:30/)).toBeVisible()
  const id = await lan.idOf(code)
  await lan.visit('snoozed')
  await expect(await lan.find(code)).toBeVisible()
  await lan.visit('open')
  await expect(lan.page.locator(`[data-id="${id}"]`)).toHaveCount(0)

  await widget.say('tôi gửi thêm số nhà')
  await expect(await lan.find(code)).toBeVisible()
  await lan.goTo(code)
  await expect(lan.log.getByText('Người dân nhắn tiếp; phiếu không còn tạm gác')).toBeVisible()
})

test('a time that has passed is refused at its field, and what was chosen stays', async ({ people }) => {
  const { lan, more, dialog } = await waiting(people)
  await more('Tạm gác…')
  await dialog.getByRole('radio', { name: 'Ngày giờ khác' }).check()
  await dialog.getByLabel('Tới lúc').last().fill('2020-01-01T08:00')
  await dialog.getByRole('button', { name: 'Tạm gác', exact: true }).click()
  await expect(dialog.getByLabel('Tới lúc').last()).toHaveAccessibleDescription(/Giờ này đã qua/)
  await expect(dialog.getByLabel('Tới lúc').last()).toHaveValue('2020-01-01T08:00')
  await expect(lan.thread.getByText(/Tạm gác tới/)).toHaveCount(0)
})

test('spam is put aside without a word, brought back, and an urgent one never is', async ({ people }) => {
  const { code, lan, more, dialog } = await waiting(people)
  await more('Sàng lọc…')
  await dialog.getByRole('button', { name: 'Sàng lọc', exact: true }).click()
  await expect(lan.page.getByText('Đã sàng lọc: Tin rác.')).toBeVisible()
  await lan.visit('screened')
  await expect(await lan.find(code)).toContainText('Tin rác')
  await lan.goTo(code)
  await expect(lan.log.getByText('Lê Thị Lan sàng lọc: tin rác')).toBeVisible()
  await lan.page.getByRole('button', { name: 'Mở lại', exact: true }).first().click()
  await expect(lan.log.getByText('Lê Thị Lan mở lại phiếu')).toBeVisible()
  await expect(lan.thread.getByText('Tin rác', { exact: true })).toHaveCount(0)

  await lan.page.keyboard.press('u')
  await expect(lan.page.getByText('Đã đánh dấu khẩn.')).toBeVisible()
  await lan.page.getByRole('button', { name: 'Việc khác' }).click()
  await expect(lan.page.getByRole('menuitem', { name: 'Nhãn' })).toBeVisible()
  await expect(lan.page.getByRole('menuitem', { name: 'Sàng lọc…' })).toHaveCount(0)
})

test('what is not for us is explained to the citizen once the reason is filled in', async ({ people }) => {
  const { widget, lan, more, dialog } = await waiting(people)
  await more('Sàng lọc…')
  await dialog.getByRole('radio', { name: /Không thuộc phạm vi/ }).check()
  const text = dialog.getByLabel('Lời nhắn cho người dân')
  await expect(text).toHaveValue(/\[lý do\]/)
  await expectAccessible(lan.page, 'screening')
  await dialog.getByRole('button', { name: 'Gửi và sàng lọc' }).click()
  await expect(dialog.getByText('Anh/chị thay [lý do] bằng lý do cụ thể trước khi gửi.')).toBeVisible()
  await text.fill((await text.inputValue()).replace('[lý do]', 'cột điện do Điện lực quản lý'))
  await dialog.getByRole('button', { name: 'Gửi và sàng lọc' }).click()
  await expect(dialog).toHaveCount(0)
  await expect(widget.heard('cột điện do Điện lực quản lý')).toHaveCount(1)
})

test('a citizen is given a number to call', async ({ people }) => {
  const { widget, lan, more, dialog } = await waiting(people)
  await more('Hướng dẫn gọi số…')
  await dialog.getByRole('searchbox').fill('Sở')
  const first = dialog.getByRole('radio', { name: /\d{3}/ }).first()
  await first.check()
  const text = dialog.getByLabel('Lời nhắn cho người dân')
  await expectAccessible(lan.page, 'a number to call')
  await expect(text).toHaveValue(/vui lòng gọi .* theo số [\d. ]+/)
  await text.fill('Dạ, anh/chị gọi giúp đơn vị này ạ.')
  await dialog.getByRole('button', { name: 'Gửi và đóng phiếu' }).click()
  await expect(dialog.getByText('Câu gửi người dân cần có số điện thoại để gọi, hoặc địa chỉ e-mail.')).toBeVisible()
  await text.fill('Dạ, anh/chị vui lòng gọi 1022 ạ.')
  await dialog.getByRole('button', { name: 'Gửi và đóng phiếu' }).click()
  await expect(lan.thread.getByText('Đã hướng dẫn gọi số khác')).toBeVisible()
  await expect(widget.heard('vui lòng gọi 1022')).toHaveCount(1)
})

test('a phone puts aside as well', async ({ people }) => {
  const widget = await people.citizen()
  const code = await widget.askUnknown()
  const lan = await people.member('lan', { viewport: phone })
  await lan.goTo(code)
  await lan.page.getByRole('button', { name: 'Việc khác' }).click()
  await lan.page.getByRole('menuitem', { name: 'Tạm gác…' }).click()
  const dialog = lan.page.getByRole('dialog')
  await dialog.getByRole('radio', { name: /Sáng mai/ }).check()
  await dialog.getByRole('button', { name: 'Tạm gác', exact: true }).click()
  await expect(lan.thread.getByText(/Tạm gác tới/)).toBeVisible()
  expect(await lan.page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(phone.width)
})
