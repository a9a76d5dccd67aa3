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
  await expect(desk.message('cho tôi gặp cán bộ')).toBeVisible()
  const answer = 'Dạ, chị ra Trạm Y tế phường Hạc Thành để tiêm mũi 3 ạ.'
  await desk.reply(answer)
  await expect(phone.heard(answer)).toHaveCount(1)
  await expect(desk.message(answer)).toHaveCount(1)

  await phone.say('Cảm ơn em')
  await expect(desk.message('Cảm ơn em')).toBeVisible()
  await expect(phone.heard(/./)).toHaveCount(3)
})
