import { expectAccessible } from '../support/axe.ts'
import { expect, test } from '../support/test.ts'
import { Phone } from '../support/phone.ts'

test('a citizen writes on Zalo, the bot answers, and a person does', async ({ hub, people }) => {
  const address = await hub.hear(/Điện thoại Zalo\s+(http:\S+)/)
  const phone = new Phone(await people.stranger())
  await phone.begin(address, 'Trần Thị Mẫu')

  await phone.say('tiem mui 3 o dau')
  await expect(phone.heard(/trợ lý tự động/)).toHaveCount(1)
  await expect(phone.heard(/tiêm/)).toHaveCount(1)

  await phone.say('cho tôi gặp cán bộ')
  const handed = phone.heard(/Mã phiếu của anh\/chị là (TH-\d{6}-\d{4})/)
  await expect(handed).toHaveCount(1)
  const code = /TH-\d{6}-\d{4}/.exec((await handed.textContent())!)![0]

  const desk = await people.member('lan')
  await desk.open(code)
  await expect(desk.message('tiem mui 3 o dau')).toBeVisible()
  // Zalo sends no names with messages; the hub has asked for it meanwhile.
  await expect(desk.thread.getByRole('heading', { name: 'Trần Thị Mẫu' })).toBeVisible()
  await expect(desk.message('tiem mui 3 o dau')).toContainText('Trần Thị Mẫu')
  await expect(desk.message('cho tôi gặp cán bộ')).toBeVisible()
  const answer = 'Dạ, chị ra Trạm Y tế phường Hạc Thành để tiêm mũi 3 ạ.'
  await desk.reply(answer)
  await expect(phone.heard(answer)).toHaveCount(1)
  await expect(desk.message(answer)).toHaveCount(1)

  await phone.say('Cảm ơn em')
  await expect(desk.message('Cảm ơn em')).toBeVisible()
  await expect(phone.heard(/./)).toHaveCount(3)
})

test('an administrator sends a test message, and is told what the platform says', async ({ hub, people }) => {
  const address = await hub.hear(/Điện thoại Zalo\s+(http:\S+)/)
  const phone = new Phone(await people.stranger())
  await phone.begin(address, 'Đỗ Thị Thử')
  await phone.say('tiem mui 3 o dau')
  await expect(phone.heard(/tiêm/)).toHaveCount(1)

  const { page } = await people.member('quantri')
  await page.goto('/admin/channels')
  const card = page.getByRole('region').filter({ hasText: 'Zalo' }).first()
  await card.getByRole('button', { name: 'Gửi tin thử' }).click()
  const dialog = page.getByRole('dialog', { name: /^Gửi tin thử qua/ })
  await dialog.getByRole('radio', { name: /^Đỗ Thị Thử/ }).first().check()
  await expectAccessible(page, 'choosing who gets a test message')
  await dialog.getByRole('button', { name: 'Gửi tin thử' }).click()
  await expect(dialog.getByText('Zalo đã nhận tin.')).toBeVisible()
  await expect(dialog.getByRole('link', { name: /^Xem ở phiếu TH-/ })).toBeVisible()
  await expect(phone.heard(/tin thử đường truyền/)).toHaveCount(1)

  // An id that never wrote to the account: the platform's reason, in words.
  await dialog.getByRole('button', { name: 'Gửi lần nữa' }).click()
  await dialog.getByRole('radio', { name: 'Người khác, theo mã người dùng' }).check()
  await dialog.getByRole('button', { name: 'Gửi tin thử' }).click()
  await expect(dialog.getByRole('alert')).toContainText('Anh/chị chọn một người')
  await dialog.getByLabel('Mã người dùng trên Zalo').fill('7999999999999999999')
  await dialog.getByRole('button', { name: 'Gửi tin thử' }).click()
  await expect(dialog.getByText('Không gửi được.')).toBeVisible()
  await expect(dialog.getByText(/Zalo không cho gửi/)).toBeVisible()
  await expectAccessible(page, 'what became of a test message')
})

test('what never came is taken in when the platform is asked', async ({ people }) => {
  const { page } = await people.member('quantri')
  await page.goto('/admin/channels')
  const card = page.getByRole('region').filter({ hasText: 'Zalo' }).first()
  await card.getByRole('button', { name: 'Đối chiếu' }).click()
  const dialog = page.getByRole('dialog', { name: /^Đối chiếu/ })
  await dialog.getByRole('radio', { name: '1 ngày qua' }).check()
  await expectAccessible(page, 'asking for what never came')
  await dialog.getByRole('button', { name: 'Đối chiếu' }).click()
  await expect(dialog.getByText(/Không thiếu tin nào|Đã lấy về \d+ tin/)).toBeVisible()
  await expect(dialog.getByText(/Đã xem lịch sử của \d+ người/)).toBeVisible()
})
