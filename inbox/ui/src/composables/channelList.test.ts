import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { inScope, refusal, serve } from '@/testing/made'
import { moodOf, useChannelList } from './channelList'

const channel = { id: 'zalo-1022', kind: 'zalo', name: 'Zalo 1022', citizens: true, bridge: false, checks: true, connects: true, installs: false, tests: true, recalls: true, gaps: [], parked: 0, failed: 0 }
const health = (more: object) => ({ ...channel, health: { ok: true, checked_at: '2026-11-21T02:00:00Z', ...more } })

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

describe('the list of channels', () => {
  it('is looked at again while the page is open, and keeps what it knew when that fails', async () => {
    let works = true
    const asked = serve({ 'GET /channels': () => (works ? [channel] : refusal(503, 'unavailable', 'bận')) })
    const { made: list, stop } = inScope(useChannelList)
    await vi.waitFor(() => expect(list.channels.value).toHaveLength(1))
    works = false
    await vi.advanceTimersByTimeAsync(30_000)
    await vi.waitFor(() => expect(list.problem.value?.code).toBe('unavailable'))
    expect(list.channels.value).toHaveLength(1)
    works = true
    await vi.advanceTimersByTimeAsync(30_000)
    await vi.waitFor(() => expect(list.problem.value).toBeUndefined())
    stop()
    const before = asked.length
    await vi.advanceTimersByTimeAsync(120_000)
    expect(asked).toHaveLength(before)
  })
})

describe('how a channel is', () => {
  it.each([
    ['not known yet', channel, 'unknown'],
    ['well', health({}), 'works'],
    ['well, but somebody is needed soon', health({ problem: 'Quyền sắp hết hạn.' }), 'soon'],
    ['in trouble', health({ ok: false, problem: 'Không gọi được.' }), 'broken'],
  ])('%s', (_, state, mood) => expect(moodOf(state)).toBe(mood))
})
