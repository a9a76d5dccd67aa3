import { expect, password, test } from '../support/test.ts'
import { Desk } from '../support/desk.ts'
import { unknown } from '../support/widget.ts'

test('an unknown question is answered by a person while the citizen is offline', async ({ people, line }) => {
  const answer = 'Dạ em báo điện lực ngay. Anh/chị đừng đứng gần cột nhé.'
  const widget = await people.citizen({ baseURL: line.url })
  const code = await widget.askUnknown()
  await expect(widget.heard(code).last()).toBeVisible()
  await line.cut(widget.page)
  await expect(widget.banner).toContainText('Mất kết nối')

  const page = await people.stranger()
  await page.goto('/desk')
  await page.getByLabel('Tên đăng nhập').fill('lan')
  await page.getByLabel('Mật khẩu').fill(password)
  await page.getByRole('button', { name: 'Đăng nhập' }).click()
  const desk = new Desk(page)
  await expect(desk.rows.first()).toBeVisible()
  await (await desk.find(code)).click()
  await desk.opened(code)
  await expect(desk.message(unknown)).toBeVisible()
  await expect(desk.context.getByText('Bot không biết câu trả lời')).toBeVisible()
  await expect(desk.context.getByText('Bot đã thử:')).toBeVisible()
  await expect(desk.context.getByText(unknown)).toBeVisible()
  await desk.reply(answer)
  await expect(desk.message(answer)).toContainText('Đã gửi')

  await expect(widget.heard(answer)).toHaveCount(0)
  await line.mend(widget.page)
  await expect(widget.heard(answer)).toHaveCount(1)
  await expect(widget.heard(answer)).toContainText('Lê Thị Lan')
  await expect(widget.banner).toBeHidden()
  await widget.page.reload()
  await expect(widget.heard(answer)).toHaveCount(1)
})

test('what is written offline waits, and arrives once', async ({ people, line }) => {
  const widget = await people.citizen({ baseURL: line.url })
  const code = await widget.askUnknown()
  await line.cut(widget.page)
  await widget.say('viết lúc mất mạng')
  const own = widget.entry('viết lúc mất mạng')
  await expect(own).toContainText(/Đang gửi…|Chưa gửi được, đang thử lại/)
  await expect(own).not.toContainText('Đã gửi')
  await expect(widget.banner).toContainText('Mất kết nối')

  await line.mend(widget.page)
  await expect(own).toContainText('Đã gửi')
  await expect(own).toHaveCount(1)
  const desk = await people.member('lan')
  await desk.goTo(code)
  await expect(desk.message('viết lúc mất mạng')).toHaveCount(1)
})

test('what is written offline survives a reload', async ({ people }) => {
  const widget = await people.citizen()
  const code = await widget.askUnknown()
  // The hub cannot be reached, but the page still can.
  await widget.page.route('**/chat/**', (route) => route.abort())
  await widget.say('viết rồi tải lại trang')
  await expect(widget.entry('viết rồi tải lại trang')).not.toContainText('Đã gửi')
  await widget.page.reload()
  await expect(widget.entry('viết rồi tải lại trang')).toHaveCount(1)
  await widget.page.unrouteAll()
  await widget.page.reload()
  await expect(widget.entry('viết rồi tải lại trang')).toContainText('Đã gửi')
  await expect(widget.entry('viết rồi tải lại trang')).toHaveCount(1)
  const desk = await people.member('lan')
  await desk.goTo(code)
  await expect(desk.message('viết rồi tải lại trang')).toHaveCount(1)
})
