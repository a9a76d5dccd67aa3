import { Widget } from '../support/widget.ts'
import { expect, test } from '../support/test.ts'

test('the notice comes before the first message', async ({ people }) => {
  const page = await people.stranger()
  const widget = new Widget(page)
  await page.goto('/')
  await page.getByRole('link', { name: 'Trò chuyện ngay' }).first().click()
  await expect(widget.panel.getByText('Trước khi bắt đầu')).toBeVisible()
  await expect(widget.box).toBeHidden()
  await widget.panel.getByRole('button', { name: 'Bắt đầu trò chuyện' }).click()
  await expect(widget.box).toBeFocused()
})

test('a question without diacritics gets its answer, marked as automatic', async ({ people }) => {
  const widget = await people.citizen()
  await widget.say('dang ky tiem vac xin o dau')
  const answer = widget.heard('trạm y tế, UBND xã, phường')
  await expect(answer).toContainText('Theo Sở Y tế')
  await expect(widget.log.getByText('Tin tự động').first()).toBeVisible()
  await expect(widget.entry('dang ky tiem vac xin o dau')).toContainText('Đã gửi')
})

test('"tiem mui 3 o dau" gets the entry about the third shot', async ({ people }) => {
  const widget = await people.citizen()
  await widget.say('tiem mui 3 o dau')
  await expect(widget.heard(/Mũi 3 được tiêm tại trạm y tế/)).toBeVisible()
})

test('a choice can be pressed, once', async ({ people }) => {
  const widget = await people.citizen()
  await widget.say('dang ky tiem vac xin o dau')
  const thanks = widget.choice('Đúng rồi, cảm ơn')
  await thanks.click()
  await expect(widget.log.locator('.own', { hasText: 'Đúng rồi, cảm ơn' })).toHaveCount(1)
  await expect(thanks).toBeDisabled()
  await expect(thanks).toHaveAttribute('aria-pressed', 'true')
  await expect(widget.choice('Gặp cán bộ trực')).toBeDisabled()
})

test('a reload restores the conversation and what was being written', async ({ people }) => {
  const widget = await people.citizen()
  await widget.say('dang ky tiem vac xin o dau')
  await expect(widget.heard('trạm y tế, UBND xã, phường')).toBeVisible()
  const code = await widget.code()
  await widget.box.fill('còn đang viết dở')

  await widget.page.reload()
  await expect(widget.heard('trạm y tế, UBND xã, phường')).toHaveCount(1)
  await expect(widget.log.locator('.own', { hasText: 'dang ky tiem vac xin o dau' })).toHaveCount(1)
  await expect(widget.box).toHaveValue('còn đang viết dở')
  expect(await widget.code()).toBe(code)
})

test('the other language is English', async ({ people }) => {
  const widget = await people.citizen()
  await widget.say('dang ky tiem vac xin o dau')
  await expect(widget.heard('trạm y tế')).toBeVisible()
  await widget.panel.getByRole('button', { name: /Switch to English/ }).click()
  await expect(widget.log.getByText('Automatic message').first()).toBeVisible()
  await expect(widget.box).toHaveAttribute('placeholder', 'Write a message')
  await expect(widget.panel).toHaveAttribute('lang', 'en')
  await widget.page.reload()
  await expect(widget.box).toHaveAttribute('placeholder', 'Write a message')
})

test('everything can be done with the keyboard, and Escape closes', async ({ people }) => {
  const page = await people.stranger()
  const widget = new Widget(page)
  await page.goto('/')
  const launcher = page.getByRole('button', { name: 'Mở khung trò chuyện' })
  await launcher.focus()
  await page.keyboard.press('Enter')
  await expect(widget.panel.getByRole('button', { name: 'Bắt đầu trò chuyện' })).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(widget.box).toBeFocused()
  await page.keyboard.type('dang ky tiem vac xin o dau')
  await page.keyboard.press('Enter')
  const person = widget.choice('Gặp cán bộ trực')
  await expect(person).toBeVisible()
  for (let i = 0; i < 12 && !(await person.evaluate((button) => (button.getRootNode() as ShadowRoot).activeElement === button)); i++) {
    await page.keyboard.press('Shift+Tab')
  }
  await expect(person).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(widget.log.locator('.own', { hasText: 'Gặp cán bộ trực' })).toHaveCount(1)
  await page.keyboard.press('Escape')
  await expect(widget.panel).toBeHidden()
  await expect(launcher).toBeFocused()
})

test('where many come from one network, the browser works for a session unseen', async ({ people }) => {
  let asked = 0
  for (let i = 0; asked === 0 && i < 10; i++) {
    const page = await people.stranger()
    page.on('response', (response) => {
      if (response.url().endsWith('/session') && response.status() === 429) asked++
    })
    const widget = new Widget(page)
    await widget.begin()
    await widget.say('dang ky tiem vac xin o dau')
    await expect(widget.heard('trạm y tế, UBND xã, phường')).toBeVisible()
  }
  expect(asked, 'sessions asked to work').toBe(1)
})
