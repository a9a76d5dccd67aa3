import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { phone, wide } from '../support/browser.ts'
import { withChannels } from '../support/channels.ts'
import { test } from '../support/test.ts'

const folder = process.env.SCREENSHOTS ?? '/tmp/tongdai-screenshots'

for (const [size, viewport] of Object.entries({ wide, phone })) {
  for (const colorScheme of ['light', 'dark'] as const) {
    test(`pictures of channels, ${size}, ${colorScheme}`, async ({ people }) => {
      mkdirSync(folder, { recursive: true })
      const { page } = await people.member('quantri', { viewport, colorScheme })
      await withChannels(page)
      await page.goto('/admin/channels')
      await page.getByRole('region', { name: 'Sở Y tế' }).waitFor()
      await page.evaluate(() => document.fonts.ready)
      await page.screenshot({ path: join(folder, `channels-${size}-${colorScheme}.png`), animations: 'disabled' })
      await page.getByRole('button', { name: 'Kết nối', exact: true }).first().click()
      await page.getByLabel('Trang đồng ý').waitFor()
      await page.screenshot({ path: join(folder, `connect-${size}-${colorScheme}.png`), animations: 'disabled' })
      await page.getByRole('button', { name: 'Đóng' }).last().click()
      await page.getByRole('button', { name: 'Gửi tin thử' }).first().click()
      await page.getByRole('radio').last().check()
      await page.screenshot({ path: join(folder, `test-${size}-${colorScheme}.png`), animations: 'disabled' })
      await page.getByRole('button', { name: 'Đóng' }).last().click()
      await page.getByRole('button', { name: 'Đối chiếu' }).first().click()
      await page.getByRole('radio').last().check()
      await page.screenshot({ path: join(folder, `reconcile-${size}-${colorScheme}.png`), animations: 'disabled' })
      await page.goto('/desk')
      await page.getByRole('status').getByText(/còn không quá 7 ngày/).waitFor()
      await page.screenshot({ path: join(folder, `desk-channels-${size}-${colorScheme}.png`), animations: 'disabled' })
    })
  }
}
