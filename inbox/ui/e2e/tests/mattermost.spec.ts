import { expect, test } from '../support/test.ts'

// A chat, a desk and a team chat, each of which waits for the other.
test.describe.configure({ timeout: 150_000 })

const patience = { timeout: 45_000 }

test('a department answers in its team chat, by the prefix and by the button, and the citizen has both', async ({ hub, people }) => {
  const chat = await hub.hear(/Mattermost\s+(http:\S+)/)
  const citizen = await people.citizen()
  const code = await citizen.askUnknown()
  const desk = await people.member('lan')
  await desk.transfer(code, 'so y te', 'Sở Y tế')

  const office = await people.stranger()
  await office.goto(chat)
  const card = office.getByTestId('post').filter({ hasText: code })
  await expect(card).toContainText('cột điện trước cửa nhà nghiêng', patience)
  await card.getByTestId('replies').click()
  const thread = office.getByTestId('thread')
  await thread.getByTestId('reply-box').fill('hỏi lại phòng nghiệp vụ đã')
  await thread.getByTestId('reply-send').click()
  await thread.getByTestId('reply-box').fill('!Dạ, Sở đã báo điện lực tới kiểm tra ạ.')
  await thread.getByTestId('reply-send').click()
  await expect(citizen.heard('Dạ, Sở đã báo điện lực tới kiểm tra ạ.')).toBeVisible(patience)
  const word = thread.getByTestId('post').filter({ hasText: 'báo điện lực' })
  await expect(word.getByTestId('reaction').first()).toBeVisible(patience)

  await thread.getByTestId('action-reply').click()
  const dialog = office.getByTestId('dialog')
  await dialog.getByTestId('dialog-text').fill('Dạ, chiều nay điện lực sẽ thay cột ạ.')
  await dialog.getByTestId('dialog-submit').click()
  await expect(dialog).toBeHidden()
  await expect(citizen.heard('Dạ, chiều nay điện lực sẽ thay cột ạ.')).toBeVisible(patience)
  await expect(citizen.page.getByText('phòng nghiệp vụ')).toHaveCount(0)
  await expect(desk.message('hỏi lại phòng nghiệp vụ đã')).toBeVisible()
})
