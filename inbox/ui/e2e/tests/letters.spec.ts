import { expectAccessible } from '../support/axe.ts'
import { expectSeen, picture } from '../support/social.ts'
import { expect, test } from '../support/test.ts'

// A webmail, a mailbox that is asked, and a desk.
test.describe.configure({ timeout: 150_000 })

const patience = { timeout: 45_000 }

test('a letter with a picture is answered by the bot, then by a person with a copy, and the citizen writes back', async ({ hub, people }) => {
  const mail = await people.stranger()
  const address = await hub.hear(/Thư điện tử\s+(http:\S+)/)
  const who = { name: 'Ngô Thị Thư', from: 'ngo.thi.thu@nguoidan.example' }
  const inbox = `${address}?${new URLSearchParams(who)}`
  const letters = mail.locator('article')
  const arrives = async (text: string | RegExp) => {
    await expect(async () => {
      await mail.goto(inbox)
      await expect(letters.filter({ hasText: text }).first()).toBeVisible({ timeout: 500 })
    }).toPass(patience)
    return letters.filter({ hasText: text }).first()
  }

  await mail.goto(inbox)
  await mail.getByLabel('Tiêu đề').fill('Cột điện nghiêng sắp đổ')
  await mail.getByLabel('Nội dung').fill('Kính gửi tổng đài,\n\nCột điện trước nhà tôi nghiêng, cho tôi gặp cán bộ.')
  await mail.getByLabel('Tệp đính kèm').setInputFiles(picture('cột điện.png', [180, 60, 40]))
  await mail.getByRole('button', { name: 'Gửi thư' }).click()
  await expect(mail.getByRole('status')).toBeVisible()

  const bots = await arrives('Kính gửi anh/chị Ngô Thị Thư')
  const code = /TH-\d{6}-\d{4}/.exec((await bots.textContent())!)![0]
  await expect(bots).toContainText(`Re: Cột điện nghiêng sắp đổ [${code}]`)
  await expect(letters).toHaveCount(1)

  const desk = await people.member('lan')
  await desk.open(code)
  await expect(desk.thread.getByText('Cột điện nghiêng sắp đổ').first()).toBeVisible()
  await expectSeen(desk.log.getByRole('article').locator('img'), 1)
  await expectAccessible(desk.page, 'a letter')
  await desk.log.getByRole('button', { name: 'Xem như thư gốc' }).first().click()
  const frame = desk.page.frameLocator('iframe[title^="Thư gốc"]')
  await expect(frame.getByText('Cột điện trước nhà tôi nghiêng')).toBeVisible()
  await desk.page.keyboard.press('Escape')

  await desk.page.getByRole('button', { name: 'Thêm người nhận bản sao' }).click()
  const copies = desk.page.getByRole('group', { name: 'Người nhận bản sao' }).getByRole('textbox')
  await copies.fill('dien.luc@donvi.example')
  await copies.press('Enter')
  const answer = 'Dạ, Điện lực đã cử đội sửa chữa tới trước 17 giờ hôm nay.'
  await desk.reply(answer)
  await expect(desk.message(answer)).toContainText('Đã gửi', patience)
  const ours = await arrives(answer)
  await expect(ours).toContainText(`Re: Cột điện nghiêng sắp đổ [${code}]`)
  await expect(ours).toContainText('Lê Thị Lan')

  await ours.getByRole('link', { name: 'Trả lời' }).click()
  await mail.getByLabel('Nội dung').fill('Cảm ơn em, đội đã tới rồi.')
  await mail.getByRole('button', { name: 'Gửi thư' }).click()
  await expect(desk.message('Cảm ơn em, đội đã tới rồi.')).toBeVisible(patience)
  await mail.goto(`${address}?${new URLSearchParams({ ...who, from: 'dien.luc@donvi.example' })}`)
  await expect(letters.filter({ hasText: answer })).toHaveCount(1)
})
