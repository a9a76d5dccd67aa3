import { expectAccessible } from '../support/axe.ts'
import { phone, wide } from '../support/browser.ts'
import { channels, withChannels } from '../support/channels.ts'
import { expect, test } from '../support/test.ts'

// A webmail, a mailbox that is asked, a chat and a desk.
test.describe.configure({ timeout: 150_000 })

const patience = { timeout: 45_000 }

test('a department hears of a matter by letter, and its answer by letter reaches the chat', async ({ hub, people }) => {
  const office = 'soyte@thanhhoa.example'
  const mail = `${await hub.hear(/Thư điện tử\s+(http:\S+)/)}?${new URLSearchParams({ name: 'Sở Y tế', from: office })}`
  const citizen = await people.citizen()
  const code = await citizen.askUnknown()
  const desk = await people.member('lan')
  await desk.goTo(code)
  await expect(desk.context.getByText('Đã báo cho đơn vị')).toHaveCount(0)
  await desk.transfer(code, 'so y te', 'Sở Y tế')

  const told = desk.context.getByRole('group').filter({ hasText: 'Đã báo cho đơn vị' })
  await expect(told.getByRole('listitem').filter({ hasText: office })).toHaveText(new RegExp(`Sở Y tế.*(vừa xong|phút trước).*${office}`), patience)
  await expectAccessible(desk.page, 'a matter that a department was told of')

  const letters = await people.stranger()
  const letter = letters.locator('article').filter({ hasText: code })
  await letters.goto(mail)
  await expect(letter).toContainText('cột điện trước cửa nhà nghiêng')
  await letter.getByRole('link', { name: 'Trả lời' }).click()
  const answer = 'Sở đã báo điện lực, đội sửa chữa tới trong chiều nay.'
  await letters.getByLabel('Nội dung').fill(answer)
  await letters.getByRole('button', { name: 'Gửi thư' }).click()
  await expect(letters.getByRole('status')).toBeVisible()

  await expect(citizen.heard(answer)).toBeVisible(patience)
  await expect(desk.message(answer)).toContainText('Đơn vị')
  await expect(desk.message(answer)).toContainText('Đã gửi')
})

test('why a department could not be told is said beside the matter', async ({ people }) => {
  const code = await (await people.citizen()).askUnknown()
  const desk = await people.member('lan', { viewport: phone })
  const { page } = desk
  const thread = { bridge: 'chat-so', name: 'Trò chuyện các sở', department: 'so-y-te', place: 'so-y-te', problem: 'Bot không còn ở trong kênh; mời lại bot rồi thử lại.' }
  await page.route('**/api/v1/conversations/*/threads', (route) => route.fulfill({ json: [thread] }))
  await desk.goTo(code)
  await page.getByRole('button', { name: 'Thông tin thêm' }).click()
  await expect(desk.context.getByRole('listitem').filter({ hasText: 'Trò chuyện các sở · so-y-te' })).toContainText(/Sở Y tế\s*chưa báo/)
  await expect(desk.context.getByText('mời lại bot')).toBeVisible()
  await expectAccessible(page, 'a department that could not be told')
})

test('what a department proposes is put into the composer and sent by nobody but the desk', async ({ people }) => {
  const citizen = await people.citizen()
  const code = await citizen.askUnknown()
  const desk = await people.member('lan')
  await desk.transfer(code, 'so y te', 'Sở Y tế')
  const soyte = await people.member('soyte')
  await soyte.goTo(code)
  await soyte.page.getByRole('tab', { name: 'Ghi chú' }).click()
  const words = 'Sở đề nghị: anh/chị gọi 1022 khi thấy cột nghiêng thêm.'
  await soyte.note.fill(words)
  await soyte.page.getByRole('button', { name: 'Lưu ghi chú' }).click()
  await expect(soyte.message(words)).toBeVisible()

  // As it comes from where departments propose: with files that the chat takes, and one that it does not.
  const files = [
    { id: 'a'.repeat(64), name: 'hướng dẫn.pdf', type: 'application/pdf', size: 1200 },
    { id: 'b'.repeat(64), name: 'video hiện trường.mp4', type: 'video/mp4', size: 900_000_000 },
  ]
  const proposed = { proposed: true, author: { kind: 'department', name: 'Sở Y tế' }, attachments: files }
  await desk.page.route('**/api/v1/conversations/*/messages*', async (route) => {
    const answer = await route.fetch()
    const body = (await answer.json()) as { messages: { text: string }[] }
    body.messages = body.messages.map((m) => (m.text === words ? { ...m, ...proposed } : m))
    await route.fulfill({ response: answer, json: body })
  })
  await desk.goTo(code)
  const note = desk.message(words)
  await expect(note).toContainText('Đơn vị đề nghị trả lời')
  await expect(note).toContainText('Kênh của người dân không nhận: video hiện trường.mp4')
  await expectAccessible(desk.page, 'a proposed answer')
  for (let pressed = 0; pressed < 2; pressed++) await note.getByRole('button', { name: 'Dùng làm câu trả lời' }).click()
  await expect(desk.answer).toHaveValue(words)
  await expect(desk.answer).toBeFocused()
  await expect(desk.page.getByRole('button', { name: 'Bỏ tệp hướng dẫn.pdf' })).toBeVisible()
  await expect(citizen.heard(words)).toHaveCount(0)
  await desk.page.getByRole('button', { name: 'Bỏ tệp hướng dẫn.pdf' }).click()
  await desk.page.getByRole('button', { name: 'Gửi', exact: true }).click()
  await expect(citizen.heard(words)).toBeVisible()
  await desk.page.unrouteAll({ behavior: 'wait' })
})

test('a team chat account is linked by a code that is good once', async ({ people }) => {
  const { page } = await people.member('soyte')
  await page.goto('/account/security')
  const card = page.getByRole('region', { name: 'Liên kết tài khoản trò chuyện' })
  await expect(card.getByRole('status')).toBeEmpty()
  await card.getByRole('button', { name: 'Lấy mã' }).click()
  await expect(card.getByRole('status')).toContainText(/\/1022 link [A-Z2-7]{10}/)
  await expect(card.getByRole('status')).toContainText(/Dùng một lần, tới \d\d:\d\d/)
  await expectAccessible(page, 'linking a team chat account')
  const first = await card.locator('code').innerText()
  await card.getByRole('button', { name: 'Lấy mã khác' }).click()
  await expect(card.locator('code')).not.toHaveText(first)
})

for (const [size, viewport] of Object.entries({ wide, phone })) {
  test(`a bridge that carries no citizens has a card of its own, ${size}`, async ({ people }) => {
    const { page } = await people.member('quantri', { viewport })
    await withChannels(page)
    const chat = channels().find(({ citizens }) => !citizens)!
    const broken = { ...chat, health: { ok: false, checked_at: new Date().toISOString(), problem: 'Mattermost từ chối mã truy cập của bot.' } }
    const both = { ...channels()[0], id: 'hop-thu', kind: 'email', name: 'Hộp thư 1022', bridge: true, connects: false }
    await page.route('**/api/v1/channels', (route) => route.fulfill({ json: [both, broken] }))
    await page.goto('/admin/channels')
    const card = page.getByRole('region', { name: chat.name })
    await expect(card.getByRole('img', { name: `Mattermost: ${chat.name}` })).toBeVisible()
    await expect(card).toContainText('Cầu nối: đơn vị nhận phiếu và trả lời ở đây.')
    await expect(card.getByText('Tin đến gần nhất')).toHaveCount(0)
    await expect(card.getByRole('link')).toHaveCount(0)
    const mailbox = page.getByRole('region', { name: both.name })
    await expect(mailbox).toContainText('Cũng là cầu nối')
    await expect(mailbox.getByText('Tin đến gần nhất')).toBeVisible()
    await expectAccessible(page, `the card of a bridge, ${size}`)
    await page.goto('/desk')
    await expect(page.getByRole('status').getByText(/từ chối mã truy cập của bot\. Khi chưa sửa xong, đơn vị không được báo phiếu ở đây\./)).toBeVisible()
    await page.unrouteAll({ behavior: 'wait' })
  })
}
