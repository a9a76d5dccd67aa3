import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Page } from '@playwright/test'
import { phone, wide } from '../support/browser.ts'
import { test } from '../support/test.ts'

const folder = process.env.SCREENSHOTS ?? '/tmp/tongdai-screenshots'
const docs = resolve(import.meta.dirname, '../../../../docs/screens')

async function openFirst(page: Page): Promise<void> {
  await page.goto('/desk?view=all')
  await page.locator('[data-id]').first().click()
  await page.getByRole('log').waitFor()
}

const citizen: Record<string, (page: Page) => Promise<unknown>> = {
  portal: (page) => page.goto('/'),
  fields: (page) => page.goto('/hoi-dap'),
  results: (page) => page.goto('/hoi-dap?q=tiem+vac+xin'),
  answer: (page) => page.goto('/hoi-dap/D402'),
  contact: (page) => page.goto('/lien-he'),
  suggestions: async (page) => {
    await page.goto('/')
    await page.getByRole('combobox').pressSequentially('tiem vac xin')
    await page.getByRole('option').first().waitFor()
  },
  login: (page) => page.goto('/login'),
}

const member: Record<string, (page: Page) => Promise<unknown>> = {
  desk: (page) => page.goto('/desk'),
  conversation: openFirst,
  keys: async (page) => {
    await openFirst(page)
    await page.keyboard.press('?')
  },
  search: async (page) => {
    await openFirst(page)
    await page.keyboard.press('Control+k')
    await page.keyboard.type('tiem mui 3')
    await page.getByRole('option').first().waitFor()
  },
  knowledge: (page) => page.goto('/admin/knowledge'),
  entry: (page) => page.goto('/admin/knowledge/D402'),
  import: (page) => page.goto('/admin/knowledge/import'),
  quarantine: (page) => page.goto('/admin/quarantine'),
  stuck: (page) => page.goto('/admin/stuck'),
  password: (page) => page.goto('/account/password'),
}

async function take(page: Page, name: string): Promise<void> {
  await page.waitForLoadState('load')
  await page.evaluate(() => document.fonts.ready)
  await page.waitForFunction(() => !document.querySelector('.skeleton'))
  await page.screenshot({ path: join(folder, `${name}.png`), animations: 'disabled' })
}

for (const [size, viewport] of Object.entries({ wide, phone })) {
  for (const colorScheme of ['light', 'dark'] as const) {
    test(`pictures, ${size}, ${colorScheme}`, async ({ people }) => {
      mkdirSync(folder, { recursive: true })
      const options = { viewport, colorScheme }
      const page = await people.stranger(options)
      for (const [name, visit] of Object.entries(citizen)) {
        await visit(page)
        await take(page, `${name}-${size}-${colorScheme}`)
      }
      const widget = await people.citizen(options)
      await widget.say('dang ky tiem vac xin o dau')
      await widget.choice('Gặp cán bộ trực').waitFor()
      await take(widget.page, `widget-${size}-${colorScheme}`)
      const desk = await people.member('truongca', options)
      for (const [name, visit] of Object.entries(member)) {
        await visit(desk.page)
        await take(desk.page, `${name}-${size}-${colorScheme}`)
      }
    })
  }
}

test('pictures of the README', async ({ people }) => {
  mkdirSync(docs, { recursive: true })
  const widget = await people.citizen()
  await widget.say('xin chào')
  await widget.heard('xin chào anh/chị').waitFor()
  await widget.say('tiem mui 3 o dau')
  await widget.choice('Gặp cán bộ trực').waitFor()
  await widget.page.screenshot({ path: join(docs, 'portal.png'), animations: 'disabled' })

  const desk = await people.member('lan')
  await desk.visit('open')
  // Handed over with a note, and among the rows that show without scrolling.
  await desk.rows.filter({ hasText: 'Ngọc' }).first().click()
  await desk.readToEnd()
  await desk.page.mouse.move(900, 500)
  await desk.page.waitForFunction(() => !document.querySelector('.skeleton'))
  await desk.page.screenshot({ path: join(docs, 'desk.png'), animations: 'disabled' })
})
