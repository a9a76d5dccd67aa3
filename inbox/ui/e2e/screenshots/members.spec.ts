import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { phone, wide } from '../support/browser.ts'
import { test } from '../support/test.ts'

const folder = process.env.SCREENSHOTS ?? '/tmp/tongdai-screenshots'

for (const [size, viewport] of Object.entries({ wide, phone })) {
  for (const colorScheme of ['light', 'dark'] as const) {
    test(`pictures of accounts, API keys and the record, ${size}, ${colorScheme}`, async ({ people }) => {
      mkdirSync(folder, { recursive: true })
      const { page } = await people.member('quantri', { viewport, colorScheme })
      const picture = (name: string) => page.screenshot({ path: join(folder, `${name}-${size}-${colorScheme}.png`), animations: 'disabled' })
      const dialog = page.getByRole('dialog')
      await page.goto('/admin/members')
      await page.getByText(/\d+ tài khoản$/).waitFor()
      await page.evaluate(() => document.fonts.ready)
      await picture('members')
      await page.getByRole('button', { name: 'Thêm cán bộ' }).click()
      await dialog.getByLabel('Họ và tên').fill('Phạm Thị Mới')
      await dialog.getByLabel('Tên đăng nhập').fill(`moi.${size}.${colorScheme}`)
      await dialog.getByLabel('Vai trò').selectOption('Cán bộ đơn vị')
      await dialog.getByRole('button', { name: 'Thêm và lấy liên kết' }).click()
      await dialog.getByText('ít nhất một đơn vị').waitFor()
      await picture('member')
      await dialog.getByLabel('Sở Y tế', { exact: true }).check()
      await dialog.getByRole('button', { name: 'Thêm và lấy liên kết' }).click()
      const link = await dialog.getByLabel(/Liên kết đặt mật khẩu/).inputValue()
      await picture('member-link')
      await dialog.getByRole('button', { name: 'Đóng' }).last().click()
      await page.goto('/admin/tokens')
      await page.getByRole('button', { name: 'Tạo khóa' }).first().click()
      await dialog.getByLabel('Tên khóa').fill('Cổng dịch vụ công')
      await dialog.getByLabel('Xem cuộc hội thoại').check()
      await picture('token')
      await dialog.getByRole('button', { name: 'Tạo khóa' }).click()
      await dialog.getByLabel('Khóa “Cổng dịch vụ công”').waitFor()
      await dialog.getByRole('button', { name: 'Đóng' }).last().click()
      await picture('tokens')
      await page.goto('/admin/audit')
      await page.getByText(/Tạo khóa API/).locator('visible=true').first().waitFor()
      await picture('audit')
      const invited = await people.stranger({ viewport, colorScheme })
      await invited.goto(link)
      await invited.getByRole('heading', { name: /Chào/ }).waitFor()
      await invited.screenshot({ path: join(folder, `invitation-${size}-${colorScheme}.png`), animations: 'disabled' })
    })
  }
}
