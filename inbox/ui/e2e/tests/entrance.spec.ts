import type { Page } from '@playwright/test'
import { expect, test } from '../support/test.ts'
import { Hub } from '../support/hub.ts'

test('the first administrator is made once, with the code of the log', async ({ people }) => {
  const hub = await Hub.start('serve', 'first-visit')
  try {
    const code = await hub.hear(/code=([A-Z0-9-]+)/)
    const page = await people.stranger({}, hub.url)
    const field = (label: string) => page.getByLabel(label, { exact: true })
    const make = page.getByRole('button', { name: 'Tạo tài khoản và đăng nhập' })
    const fill = async (given: string, password: string) => {
      await field('Mã thiết lập').fill(given)
      await field('Mật khẩu').fill(password)
      await field('Nhập lại mật khẩu').fill(password)
      await make.click()
    }

    await page.goto('/login')
    await expect(page).toHaveURL(/\/setup$/)
    await field('Tên đăng nhập').fill('le.thu.ha')
    await field('Họ và tên').fill('Lê Thu Hà')
    await fill('AAAA-BBBB-CCCC-DDDD', 'hoa-ban-no-trang-rung')
    await expect(page.getByText(/mã thiết lập.*(không đúng|sai)/i).first()).toBeVisible()
    await expect(field('Họ và tên')).toHaveValue('Lê Thu Hà')

    await fill(code, 'ngan')
    await expect(field('Mật khẩu')).toHaveAttribute('aria-invalid', 'true')
    await expect(field('Mật khẩu')).toHaveAccessibleDescription(/12 ký tự/)
    await expect(field('Mã thiết lập')).toHaveValue(code)
    await expect(field('Tên đăng nhập')).toHaveValue('le.thu.ha')

    await fill(code, 'hoa-ban-no-trang-rung')
    await expect(page).toHaveURL(/\/desk/)
    await expect(page.getByRole('button', { name: 'Tài khoản: Lê Thu Hà' })).toBeVisible()

    const late = await people.stranger({}, hub.url)
    await late.goto('/setup')
    await expect(late.getByText('Quản trị viên đầu tiên đã được tạo.')).toBeVisible()
    await expect(late.getByRole('button', { name: 'Tạo tài khoản và đăng nhập' })).toHaveCount(0)
  } finally {
    await hub.stop()
  }
})

test('after too many wrong passwords an account is locked for a while, and says so', async ({ people }) => {
  test.setTimeout(120_000)
  const hub = await Hub.start('demo', 'locked') // elsewhere the account is still wanted
  try {
    await lockedOut(await people.stranger({}, hub.url))
  } finally {
    await hub.stop()
  }
})

async function lockedOut(page: Page): Promise<void> {
  await page.goto('/login')
  // Tries before the one on the screen; ten lock an account.
  for (let i = 0; i < 9; i++) {
    const answer = await page.request.post('/api/v1/session', {
      data: { login: 'quantri', password: `sai-lan-thu-${i}` },
      headers: { Origin: new URL(page.url()).origin },
    })
    expect(answer.status()).toBe(401)
  }
  const tryOnce = async (password: string) => {
    await page.getByLabel('Tên đăng nhập').fill('quantri')
    await page.getByLabel('Mật khẩu').fill(password)
    await page.getByRole('button', { name: 'Đăng nhập' }).click()
  }
  await tryOnce('sai-lan-nua')
  await expect(page.getByRole('alert')).toContainText(/không đúng|tạm khóa/i)
  await expect(page.getByLabel('Tên đăng nhập')).toHaveValue('quantri')
  await tryOnce('trong-dong-dong-son')
  await expect(page.getByRole('alert')).toContainText(/tạm khóa.*15 phút/i)
  await expect(page).toHaveURL(/\/login/)
}
