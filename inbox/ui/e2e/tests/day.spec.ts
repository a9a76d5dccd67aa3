import { expectAccessible } from '../support/axe.ts'
import { Hub } from '../support/hub.ts'
import { expect, password, People, test, type Login } from '../support/test.ts'

// One night and one morning of the hotline, told in order on a hub of its own: the
// roster that it sets up would have the bot say other things elsewhere.
test.describe.configure({ mode: 'serial' })

let hub: Hub
test.beforeAll(async () => {
  test.setTimeout(120_000)
  hub = await Hub.start('demo', 'day')
})
test.afterAll(() => hub.stop())

const zone = new Intl.DateTimeFormat('en-CA', { timeZone: 'Asia/Ho_Chi_Minh' })
const begun = Date.now()
const tomorrow = () => zone.format(new Date(begun + 86_400_000))

/** The people of this hub; whatever a page complains of fails the test. */
const day = test.extend<{ here: People }>({
  here: async ({ browser, playwright }, use) => {
    const here = new People(
      browser,
      async (login: Login) => {
        const request = await playwright.request.newContext({ baseURL: hub.url, extraHTTPHeaders: { Origin: hub.url } })
        const answer = await request.post('/api/v1/session', { data: { login, password } })
        expect(answer.ok(), `${login} logs in`).toBe(true)
        const state = await request.storageState()
        await request.dispose()
        return state
      },
      hub.url,
    )
    await use(here)
    await here.leave()
    expect(here.complaints, 'no uncaught exception, nothing against the content security policy').toEqual([])
  },
})

day('at night the bot says from when people answer, and what is urgent rings until somebody confirms', async ({ here }) => {
  // The next shift begins tomorrow at 07:00: nobody is there now.
  const boss = await here.member('truongca')
  await boss.visit()
  const roster = await boss.page.request.get(`/api/v1/duty/roster?from=${tomorrow()}&until=${tomorrow()}`)
  const { revision } = (await roster.json()) as { revision: string }
  const { members } = (await (await boss.page.request.get('/api/v1/directory')).json()) as { members: { id: string; name: string }[] }
  const lanID = members.find((m) => m.name === 'Lê Thị Lan')!.id
  const applied = await boss.page.request.post('/api/v1/duty/roster', {
    data: { plan: { how: 'hand', add: [{ day: tomorrow(), regime: 'day', member: lanID }] }, revision },
    headers: { Origin: hub.url },
  })
  expect(applied.ok(), await applied.text()).toBe(true)

  const widget = await here.citizen()
  await expect(async () => {
    await widget.say('cột điện trước cửa nhà nghiêng sắp đổ, báo ai vậy')
    await expect(widget.heard('Hiện chưa có cán bộ trực').last()).toContainText(/từ 07:00 ngày \d\d\/\d\d\/\d{4}/, { timeout: 5_000 })
  }).toPass()

  const danger = await here.citizen()
  await danger.say('mẹ em khó thở quá, tím tái')
  await expect(danger.heard('Anh/chị gọi ngay 115')).toBeVisible()
  const code = await danger.code()
  const soyte = await here.member('soyte')
  await soyte.goTo(code) // the field's lead is alarmed, and sees why
  const alarm = soyte.page.getByRole('alert').filter({ hasText: 'chưa ai xác nhận' })
  await expect(alarm).toBeVisible()
  await expectAccessible(soyte.page, 'an alarm')
  await alarm.getByRole('button', { name: 'Tôi đã nhận tin khẩn' }).click()
  await expect(alarm).toHaveCount(0)
  await expect(soyte.log.getByText(/xác nhận đã nhận tin khẩn/)).toBeVisible()
  await expect(soyte.context.getByText(/đã xác nhận lúc/)).toBeVisible()
})

day('in the morning an operator passes a matter on, and the gap in the roster is told', async ({ here }) => {
  const asker = await here.citizen()
  const asked = await asker.askUnknown()
  const lan = await here.member('lan')
  await lan.goTo(asked)
  await lan.page.getByRole('button', { name: 'Nhận', exact: true }).click()
  await expect(lan.log.getByText(/nhận phiếu/)).toBeVisible()
  await lan.page.getByRole('button', { name: /^Đơn vị:/ }).click()
  await lan.page.getByRole('combobox', { name: 'Đơn vị' }).fill('so y te')
  await lan.page.getByRole('option', { name: 'Sở Y tế', exact: true }).click()
  await lan.page.getByLabel('Lời nhắn').fill('Nhờ Sở xem giúp.')
  await lan.page.getByRole('button', { name: 'Chuyển', exact: true }).click()
  await expect(lan.log.getByText(/chuyển tới Sở Y tế/)).toBeVisible()

  const boss = await here.member('truongca')
  await boss.page.goto('/admin/duty')
  await expect(boss.page.getByText(/ca trong 14 ngày tới thiếu người/)).toBeVisible()
})

day('the department sees only its own, promises for a day, answers, and the citizen gets it', async ({ here }) => {
  const citizen = await here.citizen()
  const code = await citizen.askUnknown()
  const lan = await here.member('lan')
  await lan.goTo(code)
  const id = await lan.idOf(code)
  const noivu = await here.member('noivu')
  expect((await noivu.page.request.get(`/api/v1/conversations/${id}`)).status()).toBe(404)
  await lan.page.getByRole('button', { name: /^Đơn vị:/ }).click()
  await lan.page.getByRole('combobox', { name: 'Đơn vị' }).fill('so y te')
  await lan.page.getByRole('option', { name: 'Sở Y tế', exact: true }).click()
  await lan.page.getByRole('button', { name: 'Chuyển', exact: true }).click()
  await expect(lan.log.getByText(/chuyển tới Sở Y tế/)).toBeVisible()

  const soyte = await here.member('soyte')
  await soyte.goTo(code)
  await expect(soyte.context.getByText('Đơn vị tiếp nhận')).toBeVisible()
  await soyte.log.click()
  await soyte.page.keyboard.press('p')
  const dialog = soyte.page.getByRole('dialog', { name: 'Hẹn trả lời' })
  await expect(dialog.getByLabel('Lời nhắn gửi người dân')).toHaveValue(/Sở Y tế đã ghi nhận và sẽ trả lời anh\/chị trước/)
  await expectAccessible(soyte.page, 'a promise')
  await dialog.getByLabel('Trả lời trước').fill('2020-01-01T08:00')
  await dialog.getByRole('button', { name: 'Gửi lời hẹn' }).click()
  await expect(dialog.getByText('Giờ hẹn đã qua', { exact: false })).toBeVisible()
  const friday = `${tomorrow()}T17:00`
  await dialog.getByLabel('Trả lời trước').fill(friday)
  await dialog.getByRole('button', { name: 'Gửi lời hẹn' }).click()
  await expect(citizen.heard('sẽ trả lời anh/chị trước 17:00')).toHaveCount(1)
  await expect(soyte.context.getByText('Đã hẹn trả lời')).toBeVisible()

  // What is owed cannot be closed; a first answer may leave it owed.
  await soyte.page.getByRole('button', { name: 'Đã xong', exact: true }).first().click()
  await expect(soyte.page.getByText('còn hẹn trả lời người dân', { exact: false })).toBeVisible()
  await soyte.page.getByLabel('Chưa phải câu trả lời cuối').check()
  await soyte.reply('Dạ, Sở đang hỏi điện lực ạ.')
  await expect(citizen.heard('Sở đang hỏi điện lực')).toHaveCount(1)
  await expect(soyte.context.getByText('Đã hẹn trả lời')).toBeVisible()

  const answer = 'Dạ, điện lực dựng lại cột trong chiều nay ạ.'
  await soyte.reply(answer)
  await expect(citizen.heard(answer)).toHaveCount(1)
  await expect(soyte.context.getByText('Không có việc nào đang chờ thời hạn.')).toBeVisible()
  await soyte.page.getByRole('button', { name: 'Đã xong', exact: true }).first().click()
  await expect(soyte.log.getByText(/đánh dấu đã xong/)).toBeVisible()

  // The citizen is asked once, presses, and the desk sees it.
  await citizen.panel.getByRole('button', { name: 'Rất hài lòng', exact: true }).click()
  await expect(citizen.heard(/cảm ơn|Cảm ơn/).last()).toBeVisible()
  await expect(soyte.context.getByText('5/5')).toBeVisible()
})

day('a department gives back what is not its own, and others are asked to contribute', async ({ here }) => {
  const citizen = await here.citizen()
  const code = await citizen.askUnknown()
  const lan = await here.member('lan')
  await lan.goTo(code)
  const id = await lan.idOf(code)
  await lan.page.getByRole('button', { name: 'Việc khác' }).click()
  await lan.page.getByRole('menuitem', { name: 'Đề nghị phối hợp' }).click()
  const dialog = lan.page.getByRole('dialog', { name: 'Đề nghị phối hợp' })
  await dialog.getByRole('button', { name: /^Thêm đơn vị/ }).click()
  await lan.page.getByRole('combobox', { name: 'Thêm đơn vị' }).fill('so noi vu')
  await lan.page.getByRole('option', { name: 'Sở Nội vụ', exact: true }).click()
  await dialog.getByLabel('Nội dung đề nghị').fill('Nhờ Sở cho biết ý kiến.')
  await dialog.getByRole('button', { name: 'Gửi đề nghị' }).click()
  await expect(lan.log.getByText(/đề nghị Sở Nội vụ phối hợp/)).toBeVisible()
  const noivu = await here.member('noivu')
  await noivu.goTo(code)
  await expect(noivu.answer).toBeDisabled()
  expect((await noivu.page.request.get(`/api/v1/conversations/${id}`)).status()).toBe(200)

  await lan.page.getByRole('button', { name: /^Đơn vị:/ }).click()
  await lan.page.getByRole('combobox', { name: 'Đơn vị' }).fill('so y te')
  await lan.page.getByRole('option', { name: 'Sở Y tế', exact: true }).click()
  await lan.page.getByRole('button', { name: 'Chuyển', exact: true }).click()
  await expect(lan.log.getByText(/chuyển tới Sở Y tế/)).toBeVisible()
  const soyte = await here.member('soyte')
  await soyte.goTo(code)
  await soyte.page.getByRole('button', { name: 'Việc khác' }).click()
  await soyte.page.getByRole('menuitem', { name: 'Chuyển lại thường trực' }).click()
  const back = soyte.page.getByRole('dialog', { name: 'Chuyển lại thường trực' })
  await back.getByRole('button', { name: 'Chuyển lại thường trực' }).click()
  await expect(back.getByText('Hãy nhập nội dung.')).toBeVisible()
  await back.getByLabel('Lý do').fill('Việc này của ngành điện.')
  await back.getByRole('button', { name: 'Chuyển lại thường trực' }).click()
  await expect(lan.log.getByText(/chuyển lại từ Sở Y tế/)).toBeVisible()
  await expect(lan.log.getByText('Việc này của ngành điện.')).toBeVisible()
})
