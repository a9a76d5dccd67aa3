import { createHmac } from 'node:crypto'
import { expectAccessible } from '../support/axe.ts'
import { expect, password as demoPassword, test } from '../support/test.ts'

const password = 'bốn mùa hoa phượng nở'

/** The code that an app would show for a base32 seed, some steps of 30 seconds from now. */
function codeOf(seed: string, later = 0): string {
  const bits = [...seed].map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0')).join('')
  const key = Buffer.from(bits.match(/.{8}/g)!.map((byte) => parseInt(byte, 2)))
  const step = Buffer.alloc(8)
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + later))
  const mac = createHmac('sha1', key).update(step).digest()
  return ((mac.readUInt32BE(mac[19]! & 15) & 0x7fffffff) % 1_000_000).toString().padStart(6, '0')
}

test('a member turns two-step login on, logs in with it and with a recovery code, and ends sessions', async ({ people }) => {
  const { page: admin } = await people.member('quantri')
  const headers = { Origin: people.url }
  const made = await admin.request.post('/api/v1/members', { headers, data: { login: 'hai.buoc', name: 'Hai Thị Bước', role: 'operator', departments: [] } })
  expect(made.ok(), await made.text()).toBe(true)
  const { link } = (await made.json()) as { link: string }
  const first = await people.stranger()
  await first.request.post('/api/v1/invitation', { headers, data: { token: link.split('#')[1], password } })

  await first.goto('/account/security')
  await first.getByRole('button', { name: 'Bật xác thực hai bước' }).click()
  await expect(first.getByRole('img', { name: /Mã QR/ })).toBeVisible()
  await expectAccessible(first, 'setting up two-step login')
  const seed = (await first.locator('code').innerText()).trim()
  await first.getByLabel('Mã xác thực').fill('000000')
  await first.getByRole('button', { name: 'Xác nhận và bật' }).click()
  await expect(first.getByText('Mã không đúng', { exact: false })).toBeVisible()
  await first.getByLabel('Mã xác thực').fill(codeOf(seed))
  await first.getByRole('button', { name: 'Xác nhận và bật' }).click()
  await expect(first.getByText('Đang bật')).toBeVisible()
  const recovery = await first.getByRole('status').getByRole('listitem').first().innerText()

  const second = await people.stranger()
  const enter = async (code: string) => {
    await second.goto('/login')
    await second.getByLabel('Tên đăng nhập').fill('hai.buoc')
    await second.getByLabel('Mật khẩu').fill(password)
    await second.getByRole('button', { name: 'Đăng nhập' }).click()
    await expect(second.getByRole('alert')).toHaveCount(0)
    await second.getByLabel('Mã xác thực').fill(code)
    await second.getByRole('button', { name: 'Đăng nhập', exact: true }).click()
  }
  await enter('000000')
  await expect(second.getByRole('alert')).toContainText('không đúng hoặc đã dùng')
  await expectAccessible(second, 'the second step of the login')
  await second.getByLabel('Mã xác thực').fill(codeOf(seed, 1))
  await second.getByRole('button', { name: 'Đăng nhập', exact: true }).click()
  await expect(second).toHaveURL(/\/desk/)

  await first.reload()
  await first.getByRole('button', { name: /^Kết thúc phiên/ }).click()
  await expect(second).toHaveURL(/\/login/, { timeout: 15_000 })
  await enter(recovery)
  await expect(second).toHaveURL(/\/desk/)

  await admin.goto('/admin/members')
  await expect(admin.getByRole('row', { name: /Hai Thị Bước.*2 bước/ })).toBeVisible()
  await admin.getByRole('button', { name: 'Hai Thị Bước' }).click()
  const dialog = admin.getByRole('dialog')
  await dialog.getByRole('button', { name: 'Đặt lại xác thực hai bước' }).click()
  await dialog.getByRole('button', { name: 'Đặt lại xác thực hai bước' }).click()
  await expect(first).toHaveURL(/\/login/, { timeout: 15_000 })
})

test('what changes rights asks for the password again, and then goes on', async ({ people }) => {
  const { page } = await people.member('quantri')
  await page.goto('/admin/tokens')
  // As if the last login were long ago.
  let asked = false
  await page.route('**/api/v1/tokens', async (route) => {
    if (route.request().method() !== 'POST' || asked) return route.fallback()
    asked = true
    await route.fulfill({ status: 403, json: { code: 'prove', message: 'Hãy nhập lại mật khẩu để làm việc này.' } })
  })
  await page.getByRole('button', { name: 'Tạo khóa' }).first().click()
  const dialog = page.getByRole('dialog').first()
  await dialog.getByRole('textbox').first().fill('Báo cáo ngày')
  await dialog.getByRole('checkbox').first().check()
  await dialog.getByRole('button', { name: /Tạo khóa/ }).click()
  const proof = page.getByRole('dialog', { name: 'Nhập lại mật khẩu' })
  await proof.getByLabel('Mật khẩu').fill('sai rồi nhé bạn ơi')
  await proof.getByRole('button', { name: 'Tiếp tục' }).click()
  await expect(proof.getByText('Mật khẩu không đúng.')).toBeVisible()
  await expectAccessible(page, 'the password again')
  await proof.getByLabel('Mật khẩu').fill(demoPassword)
  await proof.getByRole('button', { name: 'Tiếp tục' }).click()
  await expect(proof).toHaveCount(0)
  await expect(dialog.getByRole('textbox').first()).toHaveValue(/^tongdai_/)
})
