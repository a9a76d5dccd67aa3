import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Me } from '@/api/types'
import { useSession } from '@/stores/session'
import { inScope, serve } from '@/testing/made'
import { useChannelTrouble } from './channelTrouble'

const channel = (id: string, health: object) => ({
  id, kind: 'zalo', name: id, citizens: true, bridge: false, checks: true, connects: true, installs: false, tests: true, recalls: true, gaps: [], parked: 0, failed: 0,
  health: { checked_at: '2026-11-21T02:00:00Z', ...health },
})

beforeEach(() => {
  vi.useFakeTimers()
  setActivePinia(createPinia())
  localStorage.clear()
})
afterEach(() => void vi.useRealTimers())

function as(role: Me['role']) {
  useSession().enter({ id: 'm', login: 'm', name: 'M', role } as Me)
}

describe('the trouble with channels', () => {
  it('is what does not work, then what ends soon, and nothing else', async () => {
    as('admin')
    serve({ 'GET /channels': () => [channel('well', { ok: true }), channel('soon', { ok: true, problem: 'còn 14 ngày' }), channel('broken', { ok: false, problem: 'mất quyền' })] })
    const { made: trouble, stop } = inScope(useChannelTrouble)
    await vi.waitFor(() => expect(trouble.troubles.value.map((c) => c.id)).toEqual(['broken', 'soon']))
    stop()
  })

  it('that was put away comes back when its words change, and what is broken stays', async () => {
    as('admin')
    let words = 'còn không quá 14 ngày'
    serve({ 'GET /channels': () => [channel('soon', { ok: true, problem: words })] })
    const { made: trouble, stop } = inScope(useChannelTrouble)
    await vi.waitFor(() => expect(trouble.troubles.value).toHaveLength(1))
    trouble.close(trouble.troubles.value[0]!)
    expect(trouble.troubles.value).toHaveLength(0)
    const again = inScope(useChannelTrouble)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(again.made.troubles.value).toHaveLength(0)
    words = 'còn không quá 7 ngày'
    await vi.advanceTimersByTimeAsync(60_000)
    await vi.waitFor(() => expect(trouble.troubles.value).toHaveLength(1))
    again.stop()
    stop()
  })

  it('is not asked for by who may not see channels', async () => {
    as('operator')
    const asked = serve({})
    const { stop } = inScope(useChannelTrouble)
    await vi.advanceTimersByTimeAsync(200_000)
    expect(asked).toHaveLength(0)
    stop()
  })
})
