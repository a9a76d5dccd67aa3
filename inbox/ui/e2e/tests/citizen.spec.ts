import type { BrowserContextOptions, Page } from '@playwright/test'
import { expectAccessible } from '../support/axe.ts'
import { phone } from '../support/browser.ts'
import { expect, test } from '../support/test.ts'

const words = 'Nắp cống trước số nhà 12 Lê Lợi bị vỡ, trẻ con đi học dễ ngã'

/** A picture of one point, which every browser shows. */
const point = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR42mP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC', 'base64')
const photo = (name: string) => ({ name, mimeType: 'image/png', buffer: point })

/** Fills in the form but for what a test leaves out. */
async function fill(page: Page, told = words): Promise<void> {
  await page.locator('#o-noi-dung').fill(told)
  await page.getByLabel('Xã, phường').fill('Phường Hạc Thành')
  await page.getByLabel('Họ và tên').fill('Nguyễn Thị Mẫu')
  await page.getByLabel('Số điện thoại').fill('0912 345 678')
  await page.getByLabel('Đồng ý công khai').check()
  await page.getByLabel('Tôi đồng ý').check()
}

const send = (page: Page) => page.getByRole('button', { name: 'Gửi phản ánh' }).click()

async function codeOn(page: Page): Promise<string> {
  const code = page.locator('.code')
  await expect(code).toHaveText(/TH-\d{6}-\d{4}/)
  return (await code.innerText()).trim()
}

const ways: Record<string, BrowserContextOptions> = { 'with JavaScript': {}, 'without JavaScript': { javaScriptEnabled: false } }
for (const [way, options] of Object.entries(ways)) {
  test(`a citizen reports with photos, is helped past a mistake, and follows the matter, ${way}`, async ({ people }) => {
    const page = await people.stranger(options)
    await page.goto('/')
    await page.getByRole('link', { name: 'Gửi phản ánh' }).first().click()
    await fill(page)
    await page.getByLabel('Số điện thoại').fill('0912')
    await page.getByLabel('Vị trí trên bản đồ').fill('https://www.google.com/maps/@19.80710,105.77520,17z')
    await page.locator('#o-tep').setInputFiles([photo('nắp cống.png'), photo('toàn cảnh.png')])
    await send(page)

    await expect(page.getByRole('heading', { name: 'Chưa gửi được' })).toBeVisible()
    await expect(page.getByText('Số điện thoại này không đúng').first()).toBeVisible()
    await expect(page.locator('#o-noi-dung')).toHaveValue(words)
    await expect(page.getByText('nắp cống.png')).toBeVisible()
    await page.getByRole('link', { name: /^Số điện thoại:/ }).click()
    await page.getByLabel('Số điện thoại').fill('0912 345 678')
    await send(page)

    await expect(page.getByRole('heading', { name: 'Đã tiếp nhận phản ánh' })).toBeVisible()
    await expect(page.getByText(words)).toBeVisible()
    await expect(page.getByText('Trả lời tự động').first()).toBeVisible()
    await expect(page.getByRole('img', { name: /nắp cống/ })).toBeVisible()
    const code = await codeOn(page)

    await page.getByRole('link', { name: 'Tra cứu' }).first().click()
    await page.getByLabel('Mã phiếu').fill(code)
    await page.getByLabel('Số điện thoại').fill('0999 999 999')
    await page.getByRole('main').getByRole('button', { name: 'Tra cứu' }).click()
    await expect(page.getByText('Không tìm thấy phiếu nào')).toBeVisible()
    await page.getByLabel('Số điện thoại').fill('0912345678')
    await page.getByRole('main').getByRole('button', { name: 'Tra cứu' }).click()
    await expect(page.getByRole('heading', { name: `Phiếu ${code}` })).toBeVisible()

    await page.locator('#o-noi-dung').fill('Nay đã có thêm một nắp nữa vỡ')
    await page.getByRole('button', { name: 'Gửi', exact: true }).click()
    await expect(page.getByText('Nay đã có thêm một nắp nữa vỡ')).toBeVisible()
    expect(await page.locator('body').innerText()).not.toContain('0912')
  })
}

test('the desk answers, closes and publishes; the citizen sees it and rates it', async ({ people }) => {
  test.slow() // the page looks for an answer every 15 s
  const page = await people.stranger()
  await page.goto('/phan-anh')
  await fill(page, 'Cho tôi gặp người trực, ổ gà to trước cổng chợ Vườn Hoa')
  await send(page)
  const code = await codeOn(page)

  const desk = await people.member('lan')
  await desk.goTo(code)
  await desk.reply('Dạ, chiều nay đội duy tu sẽ vá ổ gà này ạ.')
  await expect(page.getByText('chiều nay đội duy tu sẽ vá')).toBeVisible({ timeout: 40_000 }) // the page looks for itself
  await desk.page.getByRole('button', { name: 'Đã xong', exact: true }).click()
  await expect(desk.log.getByText('Lê Thị Lan đánh dấu đã xong')).toBeVisible()

  await page.reload()
  await expect(page.getByText('Đã trả lời và kết thúc')).toBeVisible()
  expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth), 'no scrolling sideways').toBeLessThanOrEqual(0)
  await page.getByLabel('5 – Rất hài lòng').check()
  await page.getByLabel('Góp ý thêm').fill('Nhanh lắm')
  await page.getByRole('button', { name: 'Gửi đánh giá' }).click()
  await expect(page.getByText('Anh/chị đã đánh giá 5/5')).toBeVisible()
  await expect(desk.page.getByText('Nhanh lắm')).toBeVisible()

  await desk.page.getByRole('button', { name: 'Công khai phiếu này' }).click()
  const dialog = desk.page.getByRole('dialog', { name: 'Công khai phiếu này' })
  await dialog.getByLabel('Câu hỏi').fill('Ổ gà to trước cổng chợ Vườn Hoa')
  await dialog.getByRole('button', { name: 'Công khai', exact: true }).click()
  await expect(desk.page.getByRole('button', { name: 'Thôi công khai' })).toBeVisible()

  await page.goto('/phan-anh-cong-khai')
  await page.getByText('Xem phản ánh và câu trả lời').first().click()
  await expect(page.getByText('Dạ, chiều nay đội duy tu sẽ vá ổ gà này ạ.')).toBeVisible()
  await expect(page.getByText('Nguyễn Thị Mẫu')).toHaveCount(0)
})

test('a double press sends one report', async ({ people }) => {
  const page = await people.stranger({ javaScriptEnabled: false })
  await page.goto('/phan-anh')
  await fill(page)
  await page.getByRole('button', { name: 'Gửi phản ánh' }).dblclick()
  const code = await codeOn(page)
  await page.goBack()
  await page.goForward()
  expect(await codeOn(page)).toBe(code)
  await expect(page.locator('.said .own')).toHaveCount(1)
})

test('where many write from one network, the browser works for a form and sends it again by itself', async ({ people }) => {
  const page = await people.stranger({ viewport: phone })
  let asked = 0
  page.on('response', (response) => {
    if (response.status() === 429) asked++
  })
  for (let i = 0; asked === 0 && i < 10; i++) {
    await page.goto('/phan-anh')
    await fill(page, `Đèn đường số ${i} hỏng`)
    await send(page)
    await expect(page.getByRole('heading', { name: 'Đã tiếp nhận phản ánh' })).toBeVisible()
  }
  expect(asked, 'forms refused for want of work').toBe(1)

  const old = await people.stranger({ viewport: phone, javaScriptEnabled: false })
  await old.goto('/phan-anh')
  await fill(old, 'Đèn đường cạnh trường học hỏng')
  await send(old)
  await expect(old.getByText(/Xin chờ .* rồi gửi lại/)).toBeVisible()
  await expect(old.getByText('trình duyệt đang làm một phép tính')).toBeHidden()
  await expect(old.getByLabel('Nội dung', { exact: true })).toHaveValue('Đèn đường cạnh trường học hỏng')
  await old.getByLabel('Nội dung', { exact: true }).fill('Bố tôi khó thở, môi tím tái')
  await send(old)
  await expect(old.getByRole('heading', { name: 'Đã tiếp nhận phản ánh' })).toBeVisible()
})

test('where one is goes into the form by a button', async ({ people }) => {
  const page = await people.stranger({ permissions: ['geolocation'], geolocation: { latitude: 19.8071, longitude: 105.7752 } })
  await page.goto('/phan-anh')
  await page.getByRole('button', { name: 'Lấy vị trí hiện tại' }).click()
  await expect(page.getByLabel('Vị trí trên bản đồ')).toHaveValue('19.80710, 105.77520')
})

for (const path of ['/phan-anh', '/tra-cuu', '/phan-anh-cong-khai']) {
  test(`${path} can be used by everybody, on a phone too, and weighs no more than 100 KB`, async ({ people }) => {
    const page = await people.stranger({ viewport: phone })
    let total = 0
    page.on('requestfinished', async (request) => {
      const { responseBodySize, responseHeadersSize } = await request.sizes()
      total += responseBodySize + responseHeadersSize
    })
    await page.goto(path, { waitUntil: 'networkidle' })
    expect(total).toBeLessThanOrEqual(100 * 1024)
    expect(await page.evaluate(() => document.documentElement.scrollWidth), 'no scrolling sideways').toBeLessThanOrEqual(phone.width)
    await expectAccessible(page, path)
  })
}

test('the pages of a form that is wrong and of a matter can be used by everybody', async ({ people }) => {
  const page = await people.stranger({ viewport: phone })
  await page.goto('/phan-anh')
  await send(page)
  await expect(page.getByRole('heading', { name: 'Chưa gửi được' })).toBeVisible()
  await expectAccessible(page, 'the form with problems')
  await fill(page)
  await page.locator('#o-tep').setInputFiles(photo('a.png'))
  await send(page)
  await expect(page.getByRole('heading', { name: 'Đã tiếp nhận phản ánh' })).toBeVisible()
  expect(await page.evaluate(() => document.documentElement.scrollWidth), 'no scrolling sideways').toBeLessThanOrEqual(phone.width)
  await expectAccessible(page, 'the page of a matter')
})
