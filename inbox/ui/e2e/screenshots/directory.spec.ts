import { join } from 'node:path'
import type { Page } from '@playwright/test'
import { phone, wide } from '../support/browser.ts'
import { test } from '../support/test.ts'

const folder = process.env.SCREENSHOTS ?? '/tmp/tongdai-screenshots'

const pages: Record<string, (page: Page) => Promise<unknown>> = {
  departments: (page) => page.goto('/admin/directory'),
  department: async (page) => {
    await page.goto('/admin/directory')
    await page.getByRole('button', { name: /^Sở Y tế/ }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Thêm đầu mối' }).click()
  },
  fields: (page) => page.goto('/admin/directory/fields'),
  field: async (page) => {
    await page.goto('/admin/directory/fields')
    await page.getByRole('button', { name: /tại địa phương/ }).click()
  },
  cell: async (page) => {
    await page.goto('/admin/directory/matrix')
    await page.getByRole('button', { name: 'Thêm phân công' }).click()
  },
  localities: (page) => page.goto('/admin/directory/localities'),
  history: (page) => page.goto('/admin/directory/history'),
  file: (page) => page.goto('/admin/directory/file'),
}

for (const [size, viewport] of Object.entries({ wide, phone })) {
  for (const colorScheme of ['light', 'dark'] as const) {
    test(`pictures of the directory, ${size}, ${colorScheme}`, async ({ people }) => {
      const { page } = await people.member('truongca', { viewport, colorScheme })
      for (const [name, open] of Object.entries(pages)) {
        await open(page)
        await page.evaluate(() => document.fonts.ready)
        await page.waitForFunction(() => !document.querySelector('.skeleton'))
        await page.screenshot({ path: join(folder, `directory-${name}-${size}-${colorScheme}.png`), animations: 'disabled' })
      }
    })
  }
}
