import { expectAccessible } from '../support/axe.ts'
import { Chat, codeOf, expectSeen, picture, Wall } from '../support/social.ts'
import { expect, test } from '../support/test.ts'

// Two people's pages, pictures both ways, and five matters one after the other.
test.describe.configure({ timeout: 150_000 })

const pole = picture('cột điện.png', [180, 60, 40])
const map = picture('sơ đồ.png', [40, 120, 90])

for (const { name, line, who } of [
  { name: 'Messenger', line: /Messenger\s+(http:\S+)/, who: 'Trần Thị Thư' },
  { name: 'Telegram', line: /Telegram\s+(http:\S+)/, who: 'Phạm Văn Điện' },
]) {
  test(`a citizen writes on ${name} with a picture, and an operator answers with one`, async ({ hub, people }) => {
    const chat = new Chat(await people.stranger())
    await chat.open(await hub.hear(line), who)
    if (name === 'Telegram') await chat.page.getByTestId('start').click()
    await chat.say('tiem mui 3 o dau')
    await expect(chat.heard(/tiêm/).last()).toBeVisible()
    await chat.say('cho tôi gặp cán bộ')
    const code = await chat.code()
    await chat.send(pole)

    const desk = await people.member('lan')
    await desk.open(code)
    await expect(desk.thread.getByRole('heading', { name: who })).toBeVisible()
    await expect(desk.message('tiem mui 3 o dau')).toBeVisible()
    await expectSeen(desk.log.getByRole('article').locator('img'), 1)

    const answer = `Dạ, cột này thuộc khu vực trong sơ đồ ạ (${name}).`
    await desk.page.getByLabel('Đính kèm tệp', { exact: true }).first().setInputFiles(map)
    await expect(desk.page.getByRole('button', { name: /^Bỏ .*sơ đồ\.png/ })).toBeVisible()
    await desk.reply(answer)
    await expect(chat.heard(answer)).toHaveCount(1, { timeout: 45_000 }) // a first attempt may fail; the next follow after 5 and 30 s
    await expectSeen(chat.theirs.locator('img'), 1)
    await expect(desk.message(answer)).toContainText(/Đã gửi|Đã nhận|Đã xem/)

    await chat.say('Cảm ơn em nhiều')
    await expect(desk.message('Cảm ơn em nhiều')).toBeVisible()
    await expectAccessible(desk.page, `a conversation on ${name}`)
  })
}

test('pictures sent together on Telegram are one message at the desk', async ({ hub, people }) => {
  const chat = new Chat(await people.stranger())
  await chat.open(await hub.hear(/Telegram\s+(http:\S+)/), 'Đặng Thị Ảnh')
  await chat.page.getByTestId('start').click()
  await chat.say('cho tôi gặp cán bộ')
  const code = await chat.code()
  await chat.send(pole, map)
  const desk = await people.member('lan')
  await desk.open(code)
  await expectSeen(desk.log.getByRole('article').locator('img'), 2)
  await expect(desk.log.getByRole('article').filter({ has: desk.page.locator('img') })).toHaveCount(1)
})

test('five comments below a post are answered: before everybody, in private, and one is hidden', async ({ hub, people }) => {
  const commenters = ['Lê Thị Một', 'Lê Thị Hai', 'Lê Thị Ba', 'Lê Thị Bốn', 'Lê Thị Năm'].map((name, i) => ({ name, words: `Ổ gà to trước cổng chợ Vườn Hoa, số nhà ${i + 1}1` }))
  const [apart, rude] = [commenters[3]!, commenters[4]!]
  const wall = new Wall(await people.stranger(), await hub.hear(/Bài viết\s+(http:\S+)/))
  for (const { name, words } of commenters) {
    await wall.as(name)
    await wall.comment(words)
  }

  const desk = await people.member('lan')
  for (const one of commenters) {
    await desk.goTo(await codeOf(desk, one.name))
    await expect(desk.message(one.words)).toBeVisible()
    await expect(desk.page.getByText('Công khai: ai cũng đọc được')).toBeVisible()
    if (one === apart) {
      await desk.page.getByLabel('Trả lời riêng').check()
      await expect(desk.page.getByText('Riêng: chỉ người này đọc được')).toBeVisible()
    }
    if (one === rude) {
      await desk.message(one.words).getByRole('button', { name: 'Ẩn bình luận này với mọi người' }).click()
      await expect(desk.message(one.words)).toContainText('Đã ẩn với mọi người')
    }
    const answer = `Dạ, phường đã cử người tới chỗ ${one.name} ạ.`
    await desk.reply(answer)
    await expect(desk.message(answer)).toContainText(one === apart ? 'Trả lời riêng' : /Đã gửi/)
    await expect(desk.message(answer)).toContainText(/Đã gửi|Đã nhận|Đã xem/)
  }

  // Another person reads four comments, three of the answers, and nothing that is private or hidden.
  await wall.as('Người Đọc Báo')
  for (const { name, words } of commenters.slice(0, 3)) {
    await expect(wall.of(words)).toHaveCount(1)
    await expect(wall.ours(`chỗ ${name}`)).toHaveCount(1)
  }
  await expect(wall.of(apart.words)).toHaveCount(1)
  await expect(wall.of(rude.words)).toHaveCount(0)
  await expect(wall.ours(`chỗ ${apart.name}`)).toHaveCount(0)

  // Who was answered in private reads that as a message, and below the post that there is one.
  await wall.as(apart.name)
  await expect(wall.of(apart.words).getByTestId('private')).toBeVisible()
  const chat = new Chat(wall.page)
  await chat.open(await hub.hear(/Messenger\s+(http:\S+)/), apart.name)
  await expect(chat.heard(`chỗ ${apart.name}`)).toHaveCount(1)

  await wall.as(rude.name)
  await expect(wall.of(rude.words).getByTestId('hidden')).toBeVisible()
})
