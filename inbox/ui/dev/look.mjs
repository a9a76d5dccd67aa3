// Looks at every page as people will: wide and on a phone, light and dark; keeps
// pictures and prints what axe and the browser's console complain about.
//
//   npm run look -- http://127.0.0.1:8022 LOGIN PASSWORD FOLDER [name of one page]
import { mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { chromium } from 'playwright-core'

const [base = 'http://127.0.0.1:8022', login = '', password = '', folder = '/tmp/look', only] = process.argv.slice(2)
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const sizes = { wide: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } }

const pages = {
  login: async (page) => page.goto(`${base}/login?next=/admin/knowledge`),
  desk: async (page) => page.goto(`${base}/desk`),
  conversation: openFirst,
  keys: async (page) => {
    await openFirst(page)
    await page.keyboard.press('?')
  },
  assign: async (page) => {
    await openFirst(page)
    await page.keyboard.press('a')
  },
  context: async (page) => {
    await openFirst(page)
    const button = page.getByRole('button', { name: 'Thông tin thêm' })
    if (await button.isVisible()) await button.click()
  },
  search: async (page) => {
    await openFirst(page)
    await page.keyboard.press('Control+k')
    await page.keyboard.type('tiem mui 3')
    await page.waitForTimeout(700)
  },
  found: async (page) => {
    await page.goto(`${base}/desk?view=all`)
    await page.getByRole('textbox', { name: 'Tìm tin nhắn' }).fill('tiem vac xin')
    await page.waitForTimeout(1200)
  },
  foundOpened: async (page) => {
    await page.goto(`${base}/desk?view=all`)
    await page.getByRole('textbox', { name: 'Tìm tin nhắn' }).fill('tiem vac xin')
    await page.getByRole('region', { name: 'Kết quả tìm' }).getByRole('link').first().click()
    await page.getByRole('log').waitFor()
    await page.waitForTimeout(500)
  },
  foundNothing: async (page) => {
    await page.goto(`${base}/desk?view=all`)
    await page.getByRole('textbox', { name: 'Tìm tin nhắn' }).fill('khongcoai')
    await page.waitForTimeout(1200)
  },
  knowledge: async (page) => page.goto(`${base}/admin/knowledge`),
  entry: async (page) => {
    await page.goto(`${base}/admin/knowledge`)
    await page.locator('main a[href*="/admin/knowledge/"]:visible').first().click()
  },
  import: async (page) => page.goto(`${base}/admin/knowledge/import`),
  quarantine: async (page) => page.goto(`${base}/admin/quarantine`),
  stuck: async (page) => page.goto(`${base}/admin/stuck`),
  password: async (page) => page.goto(`${base}/account/password`),
  missing: async (page) => page.goto(`${base}/admin/khong-co/trang-nay`),
}

async function openFirst(page) {
  await page.goto(`${base}/desk?view=all`)
  await page.locator('[data-id]').first().click()
  await page.getByRole('log').waitFor()
}

mkdirSync(folder, { recursive: true })
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] })
let complaints = 0
const complain = (...words) => {
  complaints++
  console.log(...words)
}

for (const colorScheme of ['light', 'dark']) {
  for (const [size, viewport] of Object.entries(sizes)) {
    // Scripts of this program, and not of the page: its policy stays as it is served.
    const context = await browser.newContext({ viewport, colorScheme, locale: 'vi-VN' })
    if (login) await context.request.post(`${base}/api/v1/session`, { data: { login, password }, headers: { Origin: base } })
    for (const [name, visit] of Object.entries(pages)) {
      if (only && only !== name) continue
      const page = await context.newPage()
      const where = `${name} ${size} ${colorScheme}`
      page.on('console', (message) => message.type() === 'error' && !/401/.test(message.text()) && complain(where, 'console:', message.text()))
      page.on('pageerror', (error) => complain(where, 'error:', error.message))
      try {
        await visit(page)
        await page.waitForTimeout(700)
        await page.screenshot({ path: `${folder}/${name}-${size}-${colorScheme}.png` })
        await page.evaluate(axe)
        const { violations } = await page.evaluate(() => globalThis.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }))
        for (const v of violations) complain(where, 'axe:', v.impact, v.id, '—', v.nodes.slice(0, 3).map((n) => `${n.html.slice(0, 140)} ${n.any[0]?.message ?? ''}`).join('\n     '))
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
        if (overflow > 0) complain(where, `wider than the screen by ${overflow} px`)
      } catch (error) {
        complain(where, 'failed:', error.message.split('\n')[0])
      }
      await page.close()
    }
    await context.close()
  }
}
await browser.close()
console.log(complaints === 0 ? 'nothing to complain about' : `${complaints} complaints`)
process.exitCode = complaints === 0 ? 0 : 1
