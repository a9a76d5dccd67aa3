import type { Page } from '@playwright/test'
import { expectAccessible } from '../support/axe.ts'
import { phone, wide } from '../support/browser.ts'
import { Hub } from '../support/hub.ts'
import { expect, test } from '../support/test.ts'

// Many pages in one test: less than a second each, but more on a busy machine.
test.describe.configure({ mode: 'parallel', timeout: 180_000 })

const open = {
  'the portal': async (page: Page) => page.goto('/'),
  'the fields': async (page: Page) => page.goto('/hoi-dap'),
  'results': async (page: Page) => page.goto('/hoi-dap?q=tiem+vac+xin'),
  'an answer': async (page: Page) => page.goto('/hoi-dap/D402'),
  'contact': async (page: Page) => page.goto('/lien-he'),
  'privacy': async (page: Page) => page.goto('/rieng-tu'),
  'a page that is not there': async (page: Page) => page.goto('/khong-co'),
  'login': async (page: Page) => {
    await page.goto('/login')
    await page.getByLabel('Mật khẩu').waitFor()
  },
}

const members = {
  'the desk': async (page: Page) => {
    await page.goto('/desk')
    await page.locator('[data-id]').first().waitFor()
  },
  'a conversation': async (page: Page) => {
    await page.goto('/desk?view=all')
    await page.locator('[data-id]').first().click()
    await page.getByRole('log').waitFor()
  },
  'knowledge': async (page: Page) => {
    await page.goto('/admin/knowledge')
    await page.getByText(/\d+ mục hỏi đáp/).waitFor()
  },
  'an entry': async (page: Page) => {
    await page.goto('/admin/knowledge/D402')
    await page.getByRole('region', { name: 'Đang trả lời người dân' }).waitFor()
  },
  'writing an entry': async (page: Page) => {
    await page.goto('/admin/knowledge/D402')
    await page.getByRole('button', { name: 'Sửa', exact: true }).click()
    await page.getByRole('button', { name: 'Lưu nháp' }).waitFor()
  },
  'who has delivered': async (page: Page) => {
    await page.goto('/admin/knowledge/board')
    await page.getByRole('row').nth(1).waitFor()
  },
  'import': async (page: Page) => {
    await page.goto('/admin/knowledge/import')
    await page.getByRole('button', { name: 'Chọn tệp' }).waitFor()
  },
  'channels': async (page: Page) => {
    await page.goto('/admin/channels')
    await page.getByText('Hoạt động tốt').first().waitFor()
  },
  'quarantine': async (page: Page) => {
    await page.goto('/admin/quarantine')
    await page.getByText('Không có gì bị cách ly').waitFor()
  },
  'stuck': async (page: Page) => {
    await page.goto('/admin/stuck')
    await page.getByText('Mọi tin đã được gửi').waitFor()
  },
  'password': async (page: Page) => {
    await page.goto('/account/password')
    await page.getByLabel('Mật khẩu hiện nay').waitFor()
  },
}

async function look(page: Page, where: string): Promise<void> {
  await expectAccessible(page, where)
  const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
  expect.soft(over, `${where} fits the width of the screen`).toBeLessThanOrEqual(0)
}

for (const [size, viewport] of Object.entries({ wide, phone })) {
  test(`axe finds nothing serious on citizens' pages, ${size}`, async ({ people }) => {
    const page = await people.stranger({ viewport })
    for (const [where, visit] of Object.entries(open)) {
      await visit(page)
      await look(page, where)
    }
    const widget = await people.citizen({ viewport })
    await widget.say('dang ky tiem vac xin o dau')
    await expect(widget.choice('Gặp cán bộ trực')).toBeVisible()
    await look(widget.page, 'the chat')
  })

  test(`axe finds nothing serious on members' pages, ${size}`, async ({ people }) => {
    const { page } = await people.member('truongca', { viewport })
    for (const [where, visit] of Object.entries(members)) {
      await visit(page)
      await look(page, where)
    }
  })
}

test('axe finds nothing serious on the first visit', async ({ people }) => {
  const hub = await Hub.start('serve', 'setup')
  try {
    for (const viewport of [wide, phone]) {
      const page = await people.stranger({ viewport }, hub.url)
      await page.goto('/setup')
      await page.getByRole('button', { name: 'Tạo tài khoản và đăng nhập' }).click()
      await page.getByText('Anh/chị nhập mã thiết lập.').waitFor()
      await look(page, 'setup')
    }
  } finally {
    await hub.stop()
  }
})
