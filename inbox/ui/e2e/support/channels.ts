import type { Page } from '@playwright/test'

/** Where an administrator of an account would consent. */
export const consent = 'https://oauth.zaloapp.example/v4/oa/permission?app_id=1&state=s'

const from = (hours: number) => new Date(Date.now() + hours * 3600_000).toISOString()
const zalo = { kind: 'zalo', citizens: true, bridge: false, checks: true, connects: true, installs: false, tests: true, recalls: true, gaps: [], parked: 0, failed: 0 }

/** Channels in every state there is. */
export const channels = () => [
  { ...zalo, id: 'zalo-1022', name: '1022 Thanh Hóa', health: { ok: true, checked_at: from(0), expires: from(24 * 80) }, last_in: from(-0.1), last_out: from(-0.05) },
  {
    ...zalo, id: 'zalo-y-te', name: 'Sở Y tế', last_in: from(-2), last_out: from(-30),
    gaps: [{ from: from(-60), to: from(-40), people: 2 }],
    health: { ok: true, checked_at: from(-0.01), expires: from(24 * 6), problem: 'Quyền Zalo của tổng đài còn không quá 7 ngày (đến 08:00 28/11/2026). Hãy kết nối lại OA trước khi hết hạn.' },
  },
  {
    ...zalo, id: 'zalo-xay-dung', name: 'Sở Xây dựng', last_in: from(-1), parked: 3, failed: 1,
    health: { ok: false, checked_at: from(-0.01), expires: from(-5), problem: 'Zalo từ chối gia hạn quyền (mã -14014). Hãy kết nối lại OA.' },
  },
  { ...zalo, id: 'zalo-moi', name: 'Sở Nội vụ' },
  { id: 'thoai', kind: 'voice', name: 'Đường dây nóng 1022', citizens: true, bridge: false, checks: false, connects: false, installs: false, tests: false, recalls: false, gaps: [], parked: 0, failed: 0, last_in: from(-50) },
  { ...zalo, id: 'chat-so', kind: 'mattermost', name: 'Trò chuyện các sở', citizens: false, bridge: true, connects: false, tests: false, recalls: false, health: { ok: true, checked_at: from(-0.01) } },
]

/** Lets a page see these channels instead of the hub's. Returns those whose consent is asked for. */
export async function withChannels(page: Page): Promise<string[]> {
  const asked: string[] = []
  await page.route('**/api/v1/directory', async (route) => {
    const directory = await (await route.fetch()).json()
    const limits = directory.channels[0].limits
    directory.channels = channels().filter(({ citizens }) => citizens).map(({ id, kind, name }) => ({ id, kind, name, limits }))
    await route.fulfill({ json: directory })
  })
  await page.route('**/api/v1/channels', (route) => route.fulfill({ json: channels() }))
  await page.route('**/api/v1/channels/*/connect', (route) => {
    asked.push(route.request().url().split('/').at(-2)!)
    return route.fulfill({ json: { url: consent } })
  })
  return asked
}
