// Drives the widget in a browser, for widget_test.go: node browser.mjs URL CHROMIUM
import { mkdirSync, readFileSync } from 'node:fs'
import { chromium } from 'playwright-core'

const [url, executablePath] = process.argv.slice(2)
const shots = process.env.SHOTS
if (shots) mkdirSync(shots, { recursive: true })
const axe = readFileSync(new URL('../node_modules/axe-core/axe.min.js', import.meta.url), 'utf8')
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })

// A picture of 320 × 200, made here so that nothing binary lies about.
const photo = Buffer.from(
  await (await browser.newPage()).evaluate(() => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 320, height: 200 })
    const pen = canvas.getContext('2d')
    pen.fillStyle = '#7fb7a8'
    pen.fillRect(0, 0, 320, 200)
    pen.fillStyle = '#2f6f5e'
    pen.fillRect(40, 90, 240, 110)
    return canvas.toDataURL('image/png').split(',')[1]
  }),
  'base64',
)

let failed = 0
const began = performance.now()
function check(what, ok, detail = '') {
  console.log(`${ok ? 'ok  ' : 'FAIL'} ${((performance.now() - began) / 1000).toFixed(1)} s ${what} ${ok ? '' : detail}`)
  if (!ok) failed++
}

const control = (page, query) => page.request.get(`${url}/control?${new URLSearchParams(query)}`).then((r) => r.text())
const shot = async (page, name) => shots && page.screenshot({ path: `${shots}/${name}.png` })

/** violations are the serious findings of axe. */
async function violations(page) {
  return page.evaluate(`${axe}; axe.run(document.querySelector('tongdai-chat'), { resultTypes: ['violations'] })
    .then((r) => r.violations.filter((v) => v.impact === 'serious' || v.impact === 'critical')
      .map((v) => v.id + ': ' + v.nodes.map((n) => n.target.flat().join(' ')).join(', ')))`)
}

async function open(context) {
  const page = await context.newPage()
  page.on('pageerror', (error) => check('no error in the page', false, error.stack))
  page.on('console', (message) => message.type() === 'error' && !/Failed to load resource/.test(message.text()) && check('no error in the console', false, message.text()))
  await page.goto(url)
  await page.waitForFunction(() => window.Tongdai)
  return page
}

const last = (page) => page.locator('.log .entry').last()
const box = (page) => page.getByRole('textbox')
const sent = (page, text) => page.locator('.entry', { hasText: text }).getByText('Đã gửi').waitFor()
async function say(page, text) {
  await box(page).fill(text)
  await box(page).press('Enter')
}

async function walk(name, options) {
  const context = await browser.newContext({ locale: 'vi-VN', bypassCSP: false, ...options })
  const page = await open(context)
  await shot(page, `${name}-0-launcher`)

  const took = await page.evaluate(async () => {
    let best = Infinity // of three: other work on the machine is not the widget's
    for (let i = 0; i < 3; i++) {
      window.Tongdai.close()
      await new Promise(requestAnimationFrame)
      const from = performance.now()
      window.Tongdai.open()
      await new Promise(requestAnimationFrame)
      best = Math.min(best, performance.now() - from)
    }
    return best
  })
  check(`${name}: opens within 100 ms`, took < 100, `${took} ms`)
  await page.getByText('Trước khi bắt đầu').waitFor()
  check(`${name}: nothing can be written before the notice`, !(await box(page).isVisible()))
  await page.getByText('Gọi 1022').waitFor()
  await shot(page, `${name}-1-privacy`)
  check(`${name}: axe finds nothing serious in the notice`, (await violations(page)).length === 0, JSON.stringify(await violations(page)))

  await page.getByRole('button', { name: 'Bắt đầu trò chuyện' }).click()
  await box(page).waitFor()
  await page.waitForFunction(() => document.querySelector('tongdai-chat').shadowRoot.activeElement?.tagName === 'TEXTAREA')
  await shot(page, `${name}-2-empty`)

  await say(page, 'tôi muốn hỏi về tiêm')
  await page.locator('.dots.on').waitFor()
  await shot(page, `${name}-3-typing`)
  const choice = page.getByRole('button', { name: 'Tiêm mũi 3 ở đâu?' })
  await choice.waitFor()
  await shot(page, `${name}-4-choices`)
  await choice.click()
  await page.getByText('Sở Y tế xác nhận').waitFor()
  check(`${name}: choices are closed once one was pressed`, await choice.isDisabled())
  check(`${name}: telephone numbers are links`, (await page.getByRole('link', { name: /0271/ }).getAttribute('href')) === 'tel:02713888123')
  check(`${name}: automatic answers say so`, (await page.getByText('Tin tự động').count()) >= 1)
  check(`${name}: the code is shown`, await page.getByText('TH-261121-0042').isVisible())
  await shot(page, `${name}-5-answer`)

  await say(page, '<img src=x onerror=alert(1)> & "xin chào"')
  await page.getByText('<img src=x onerror=alert(1)> & "xin chào"').waitFor()
  await page.getByText('trước 14:30').waitFor()
  await control(page, { do: 'member', text: 'Chào anh/chị, em là Hạnh ở Tổng đài 1022. Anh/chị gửi giúp em ảnh giấy xác nhận nhé.' })
  await page.getByText('em là Hạnh').waitFor()

  await page.locator('input[type=file]').setInputFiles({ name: 'giấy xác nhận mũi 2.png', mimeType: 'image/png', buffer: photo })
  await page.locator('.chip small', { hasText: 'KB' }).waitFor()
  await shot(page, `${name}-6-attached`)
  await say(page, 'Dạ đây ạ')
  await page.locator('.photo img').waitFor()
  await page.waitForFunction(() => document.querySelector('tongdai-chat').shadowRoot.querySelector('.photo img').naturalWidth === 320)
  await page.locator('.own .foot', { hasText: 'Đã gửi' }).last().waitFor()
  await shot(page, `${name}-7-photo`)
  const inSight = page.waitForFunction(() => { // the photo has moved it down, and the thread follows
    const chat = document.querySelector('tongdai-chat').shadowRoot
    const foot = [...chat.querySelectorAll('.own .foot')].at(-1)
    return foot.getBoundingClientRect().bottom <= chat.querySelector('.composer').getBoundingClientRect().top
  }, undefined, { timeout: 5_000 })
  check(`${name}: the newest is in sight`, await inSight.then(() => true, () => false))
  check(`${name}: the page's styles stay outside`, await page.locator('.bubble').first().evaluate((bubble) => {
    const { letterSpacing, fontSize } = getComputedStyle(bubble)
    return letterSpacing === 'normal' && fontSize === '16px' && getComputedStyle(bubble.getRootNode().host).transform === 'none'
  }))
  check(`${name}: axe finds nothing serious in the thread`, (await violations(page)).length === 0, JSON.stringify(await violations(page)))

  await page.getByRole('button', { name: /Switch to English/ }).click()
  await page.getByText('Automatic message').first().waitFor()
  await shot(page, `${name}-8-english`)
  await page.getByRole('button', { name: /Chuyển sang tiếng Việt/ }).click()

  await control(page, { do: 'member', text: `ĐẦU ${'Một câu trả lời dài. '.repeat(60)}` })
  const long = page.locator('.bubble', { hasText: 'ĐẦU' })
  await long.waitFor()
  await page.waitForTimeout(200)
  check(`${name}: a long answer is shown from its first line`, await long.evaluate((bubble) => {
    const top = bubble.getRootNode().querySelector('.scroll').getBoundingClientRect().top
    return bubble.getBoundingClientRect().top >= top
  }))
  await shot(page, `${name}-8-long`)

  await page.keyboard.press('Escape')
  await page.waitForFunction(() => !document.querySelector('tongdai-chat').shadowRoot.querySelector('.panel'))
  await control(page, { do: 'member', text: 'Em nhận được rồi ạ.' })
  await page.locator('.badge', { hasText: '1' }).waitFor()
  await shot(page, `${name}-9-unread`)

  const before = await page.evaluate(() => performance.now())
  await page.reload()
  await page.getByText('Trò chuyện ngay').click()
  await page.getByText('Em nhận được rồi ạ.').waitFor()
  check(`${name}: a reload restores the conversation`, (await page.locator('.log .entry').count()) >= 8, String(before))
  await page.keyboard.press('Escape')
  check(`${name}: focus goes back to what opened it`, await page.evaluate(() => document.activeElement?.textContent === 'Trò chuyện ngay'))
  await context.close()
}

/** What happens when the network, or the hub, is away. */
async function lost() {
  const context = await browser.newContext({ locale: 'vi-VN' })
  const page = await open(context)
  await page.getByText('Trò chuyện ngay').click()
  await page.getByRole('button', { name: 'Bắt đầu trò chuyện' }).click()
  await say(page, 'câu đầu')
  await page.getByText('trước 14:30').waitFor()

  await context.setOffline(true)
  await say(page, 'viết khi mất mạng')
  await page.getByText('Mất kết nối').waitFor()
  check('lost: what is not sent does not look sent', !(await last(page).innerText()).includes('Đã gửi'), await last(page).innerText())
  await shot(page, 'lost-1-offline')
  await context.setOffline(false)
  await sent(page, 'viết khi mất mạng')
  await page.getByText('Mất kết nối').waitFor({ state: 'hidden' })
  check('lost: it arrived once', (await control(page, { do: 'count', text: 'viết khi mất mạng' })) === '1')

  await control(page, { do: 'break' })
  await say(page, 'viết khi hệ thống bận')
  await page.getByText('Chưa gửi được, đang thử lại').waitFor()
  await shot(page, 'lost-2-late')
  await page.reload()
  await page.getByText('viết khi hệ thống bận').waitFor()
  await control(page, { do: 'silence' })
  await sent(page, 'viết khi hệ thống bận')
  check('lost: after a reload too, once', (await control(page, { do: 'count', text: 'viết khi hệ thống bận' })) === '1')

  const second = await open(context)
  await second.evaluate(() => window.Tongdai.open())
  await second.getByText('viết khi hệ thống bận').waitFor()
  await say(second, 'từ thẻ thứ hai')
  await page.getByText('từ thẻ thứ hai').waitFor()
  await page.waitForTimeout(300)
  check('tabs: what one says, the other shows once', (await page.getByText('từ thẻ thứ hai').count()) === 1)
  await page.close() // the one that held the stream
  await control(second, { do: 'member', text: 'trả lời sau khi thẻ đầu đóng' })
  await second.getByText('trả lời sau khi thẻ đầu đóng').waitFor()
  check('tabs: the second takes over the stream', true)
  await context.close()

  const blocked = await browser.newContext({ locale: 'vi-VN' })
  await blocked.addInitScript(() => {
    for (const kind of ['localStorage', 'sessionStorage']) {
      Object.defineProperty(window, kind, { get: () => { throw new DOMException('denied', 'SecurityError') } })
    }
  })
  const bare = await open(blocked)
  await bare.evaluate(() => window.Tongdai.open())
  await bare.getByRole('button', { name: 'Bắt đầu trò chuyện' }).click()
  await bare.getByText('tải lại trang thì cuộc trò chuyện sẽ không hiện lại').waitFor()
  await control(bare, { do: 'mend' })
  await say(bare, 'tiem mui 3 o dau')
  await bare.getByText('Sở Y tế xác nhận').waitFor()
  check('storage blocked: works, and says what it cannot', true)
  await shot(bare, 'lost-3-blocked')
  await blocked.close()
}

try {
  const desktop = { viewport: { width: 1100, height: 720 } }
  const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 }
  await walk('desktop-light', { ...desktop, colorScheme: 'light' })
  await walk('phone-dark', { ...phone, colorScheme: 'dark' })
  if (shots) {
    await walk('desktop-dark', { ...desktop, colorScheme: 'dark' })
    await walk('phone-light', { ...phone, colorScheme: 'light' })
  }
  await lost()
} catch (error) {
  check('all steps', false, error.stack)
} finally {
  await browser.close()
}
process.exit(failed ? 1 : 0)
