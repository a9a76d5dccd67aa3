import type { Page } from '@playwright/test'
import { withChannels } from '../support/channels.ts'
import type { Login } from '../support/test.ts'
import type { Look, Screen } from './screen.ts'

function screen(name: string, title: string, pages: string[], show: (page: Page, look: Look) => Promise<unknown>, as: Login = 'quantri'): Screen {
  return {
    name,
    title,
    pages,
    async show(look) {
      const { page } = await look.member(as)
      await show(page, look)
      return page
    },
  }
}

/** A page for those who have not logged in. */
function entrance(name: string, title: string, pages: string[], show: (page: Page, look: Look) => Promise<unknown>, url?: (look: Look) => string): Screen {
  return {
    name,
    title,
    pages,
    async show(look) {
      const page = await look.stranger(url?.(look))
      await show(page, look)
      return page
    },
  }
}

const quarantined = [
  { id: 'q1', channel: 'web', at: new Date(Date.now() - 12 * 60_000).toISOString(), trouble: 'không đọc được: thiếu trường "message"', body: '{"event_name":"user_send_text","sender":{"id":"8431"},"timestamp":"1795334400000"}' },
  { id: 'q2', channel: 'web', at: new Date(Date.now() - 26 * 3600_000).toISOString(), trouble: 'loại sự kiện chưa biết: user_received_call', body: '{"event_name":"user_received_call","sender":{"id":"991"}}' },
]

export const administration: Screen[] = [
  entrance('login', 'Đăng nhập', ['/login'], (page) => page.goto('/login')),
  entrance('login-wrong', 'Đăng nhập: sai mật khẩu', [], async (page) => {
    await page.goto('/login')
    await page.getByLabel('Tên đăng nhập').fill('khong.co')
    await page.getByLabel('Mật khẩu').fill('sai-mat-khau')
    await page.getByRole('button', { name: 'Đăng nhập' }).click()
    await page.getByRole('alert').waitFor()
  }),
  entrance('setup', 'Thiết lập lần đầu', ['/setup'], (page) => page.goto('/setup'), (look) => look.scene.empty.url),
  entrance('missing-member', 'Không có trang', ['/:rest(.*)*'], (page) => page.goto('/desk-khong-co/a').then(() => page.goto('/admin/khong-co'))),
  screen('password', 'Đổi mật khẩu', ['/account/password'], (page) => page.goto('/account/password'), 'lan'),
  screen('security', 'Bảo mật tài khoản', ['/account/security'], async (page) => {
    await page.goto('/account/security')
    await page.getByText('Phiên này').waitFor()
  }, 'lan'),
  screen('members', 'Tài khoản', ['/admin/members'], async (page) => {
    await page.goto('/admin/members')
    await page.getByText(/\d+ tài khoản$/).waitFor()
  }),
  screen('member', 'Thêm cán bộ', [], async (page) => {
    await page.goto('/admin/members')
    await page.getByRole('button', { name: 'Thêm cán bộ' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Họ và tên').fill('Phạm Thị Mới')
    await dialog.getByLabel('Tên đăng nhập').fill('pham thi moi')
    await dialog.getByLabel('Vai trò').selectOption('Cán bộ đơn vị')
    await dialog.getByRole('button', { name: 'Thêm và lấy liên kết' }).click()
    await dialog.locator('[aria-invalid="true"]').first().waitFor()
  }),
  screen('members-import', 'Nhập tài khoản từ tệp', [], async (page) => {
    await page.goto('/admin/members')
    await page.getByRole('button', { name: 'Nhập từ tệp' }).click()
    const csv = '\ufeffHọ tên,Tên đăng nhập,Vai trò,Đơn vị\nTrần Tệp,tran.tep,Cán bộ,Sở Không Có\n'
    await page.getByRole('dialog').locator('input[type=file]').setInputFiles({ name: 'canbo.csv', mimeType: 'text/csv', buffer: Buffer.from(csv) })
    await page.getByRole('dialog').getByRole('alert').last().waitFor()
  }),
  screen('tokens', 'Khóa API', ['/admin/tokens'], async (page) => {
    await page.goto('/admin/tokens')
    await page.getByText('Cổng dịch vụ công').first().waitFor()
  }),
  screen('token', 'Tạo khóa API', [], async (page) => {
    await page.goto('/admin/tokens')
    await page.getByRole('button', { name: 'Tạo khóa' }).first().click()
    await page.getByRole('dialog').getByLabel('Tên khóa').fill('Phần mềm một cửa')
  }),
  screen('audit', 'Nhật ký', ['/admin/audit'], async (page) => {
    await page.goto('/admin/audit')
    await page.getByText(/Tạo khóa API/).locator('visible=true').first().waitFor()
  }),
  screen('channels', 'Các kênh', ['/admin/channels'], async (page) => {
    await page.goto('/admin/channels')
    await page.getByText('Hoạt động tốt').first().waitFor()
  }, 'truongca'),
  screen('channels-trouble', 'Các kênh, khi có trục trặc', [], async (page) => {
    await withChannels(page)
    await page.goto('/admin/channels')
    await page.getByRole('region', { name: 'Sở Y tế' }).waitFor()
  }),
  ...(['test', 'reconcile', 'connect'] as const).map((what) =>
    screen(`channel-${what}`, { test: 'Gửi tin thử', reconcile: 'Đối chiếu tin', connect: 'Kết nối kênh' }[what], [], async (page) => {
      await withChannels(page)
      await page.goto('/admin/channels')
      await page.getByRole('button', { name: { test: 'Gửi tin thử', reconcile: 'Đối chiếu', connect: 'Kết nối' }[what], exact: true }).first().click()
      await page.getByRole('dialog').waitFor()
      if (what === 'connect') await page.getByLabel('Trang đồng ý').waitFor()
      else await page.getByRole('radio').last().check()
    }),
  ),
  screen('quarantine', 'Bị cách ly', ['/admin/quarantine'], async (page) => {
    await page.route('**/api/v1/quarantine', (route) => route.fulfill({ json: quarantined }))
    await page.goto('/admin/quarantine')
    await page.getByText('user_received_call').first().waitFor()
  }),
  screen('quarantine-empty', 'Bị cách ly: không có gì', [], (page) => page.goto('/admin/quarantine'), 'truongca'),
  screen('stuck', 'Chưa gửi được', ['/admin/stuck'], async (page) => {
    await page.goto('/admin/stuck')
    await page.getByRole('button', { name: /Gửi lại/i }).first().waitFor()
  }, 'truongca'),
  screen('duty', 'Lịch trực theo tuần', ['/admin/duty'], async (page) => {
    await page.goto('/admin/duty')
    // The scene's roster begins tomorrow, which may be next week.
    await page.getByRole('button', { name: 'Tuần sau' }).click()
  }, 'truongca'),
  screen('duty-month', 'Lịch trực theo tháng', [], async (page) => {
    await page.goto('/admin/duty')
    await page.getByRole('button', { name: 'Tháng', exact: true }).click()
  }, 'truongca'),
  screen('duty-rotation', 'Xếp kíp', [], async (page) => {
    await page.goto('/admin/duty')
    await page.getByRole('button', { name: 'Xếp kíp' }).click()
    await page.getByRole('dialog').waitFor()
  }, 'truongca'),
  screen('duty-shift', 'Một ca trực', [], async (page) => {
    await page.goto('/admin/duty')
    await page.getByRole('button', { name: /^Ca đêm / }).filter({ visible: true }).last().click()
    await page.getByRole('dialog').waitFor()
  }, 'truongca'),
  ...(['departments', 'fields', 'matrix', 'localities', 'history', 'file'] as const).map((tab) =>
    screen(
      `directory-${tab}`,
      { departments: 'Đơn vị', fields: 'Lĩnh vực', matrix: 'Phân công', localities: 'Địa bàn', history: 'Danh mục: các lần sửa', file: 'Danh mục: tệp Excel' }[tab],
      tab === 'departments' ? ['/admin/directory/:tab?'] : [],
      (page) => page.goto(tab === 'departments' ? '/admin/directory' : `/admin/directory/${tab}`),
      'truongca',
    ),
  ),
  screen('directory-department', 'Sửa một đơn vị', [], async (page) => {
    await page.goto('/admin/directory')
    await page.getByRole('button', { name: /^Sở Y tế/ }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Thêm đầu mối' }).click()
  }, 'truongca'),
  screen('directory-cell', 'Thêm phân công', [], async (page) => {
    await page.goto('/admin/directory/matrix')
    await page.getByRole('button', { name: 'Thêm phân công' }).click()
    await page.getByRole('dialog').waitFor()
  }, 'truongca'),
  {
    name: 'invitation',
    title: 'Lời mời: đặt mật khẩu',
    pages: ['/account/invitation'],
    async show(look) {
      const { link } = await look.scene.call('quantri', 'POST', '/members', {
        name: 'Phạm Thị Mới', login: `moi.${look.mark}`, role: 'staff', departments: ['so-y-te'],
      })
      const page = await look.stranger()
      await page.goto(link)
      await page.getByRole('heading', { name: /Chào/ }).waitFor()
      return page
    },
  },
]
