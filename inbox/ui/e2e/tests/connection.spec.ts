import { expect, test } from '../support/test.ts'

const lost = 'Mất kết nối. Đang nối lại'

test('a desk that missed something catches up', async ({ people, line }) => {
  const lan = await people.member('lan', { baseURL: line.url })
  await lan.visit('unassigned')
  await line.cut(lan.page)
  await expect(lan.page.getByText(lost)).toBeVisible()
  const widget = await people.citizen()
  const code = await widget.askUnknown()

  await line.mend(lan.page)
  await expect(lan.page.getByText(lost)).toBeHidden()
  await expect(await lan.find(code)).toBeVisible()
  const shown = await lan.order()
  await lan.page.reload()
  await lan.find(code)
  expect(await lan.order()).toEqual(shown)
})

test('a desk and a chat live through a restart of the hub', async ({ people, hub }) => {
  test.slow() // a busy machine takes its time to start one
  const lan = await people.member('lan')
  const widget = await people.citizen()
  const code = await widget.askUnknown()
  await lan.goTo(code)
  await lan.answer.fill('Dạ em tìm ngay')
  await hub.restart(async () => {
    await expect(lan.page.getByText(lost)).toBeVisible()
    await widget.say('viết khi tổng đài khởi động lại')
    await expect(widget.entry('viết khi tổng đài khởi động lại')).not.toContainText('Đã gửi')
  })
  await expect(lan.page.getByText(lost)).toBeHidden()
  await expect(widget.entry('viết khi tổng đài khởi động lại')).toContainText('Đã gửi', { timeout: 30_000 })
  await expect(lan.message('viết khi tổng đài khởi động lại')).toHaveCount(1)
  await expect(lan.answer).toHaveValue('Dạ em tìm ngay')
  await lan.page.getByRole('button', { name: 'Gửi', exact: true }).click()
  await expect(widget.heard('Dạ em tìm ngay')).toHaveCount(1)
})
