import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { nextTick, ref } from 'vue'
import { inScope, serve } from '@/testing/made'
import { useTold } from './told'

const route = 'GET /conversations/c/threads'
const mail = { bridge: 'hop-thu', name: 'Hộp thư 1022', department: 'so-y-te', place: 'syt@example.vn' }
const told = { ...mail, at: '2026-11-21T02:00:00Z' }

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

describe('where departments were told of a matter', () => {
  it('is looked at again soon after the matter moved, as a place hears of it later', async () => {
    let answer: object[] = []
    const asked = serve({ [route]: () => answer })
    const version = ref(1)
    const { made, stop } = inScope(() => useTold(() => 'c', () => version.value))
    await vi.advanceTimersByTimeAsync(200_000)
    expect(made.value.value).toEqual([])
    expect(asked).toHaveLength(2)
    version.value = 2
    await nextTick()
    answer = [told]
    await vi.advanceTimersByTimeAsync(3_000)
    expect(made.value.value).toEqual([told])
    await vi.advanceTimersByTimeAsync(200_000)
    expect(asked).toHaveLength(4)
    stop()
  })

  it('is looked at until the place has been told or is known to be out of reach, and not for ever', async () => {
    let answer: object[] = [mail]
    const asked = serve({ [route]: () => answer })
    const { made, stop } = inScope(() => useTold(() => 'c', () => 1))
    await vi.advanceTimersByTimeAsync(8_000)
    answer = [{ ...mail, problem: 'Địa chỉ không còn.' }]
    await vi.advanceTimersByTimeAsync(15_000)
    expect(made.value.value?.[0]?.problem).toBe('Địa chỉ không còn.')
    const then = asked.length
    await vi.advanceTimersByTimeAsync(600_000)
    expect(asked).toHaveLength(then)
    stop()

    answer = [mail]
    const never = inScope(() => useTold(() => 'c', () => 1))
    await vi.advanceTimersByTimeAsync(600_000)
    expect(asked).toHaveLength(then + 5)
    never.stop()
  })

  it('is not asked for any more once the matter has been left', async () => {
    const asked = serve({ [route]: () => [mail] })
    const { stop } = inScope(() => useTold(() => 'c', () => 1))
    await vi.advanceTimersByTimeAsync(2_500)
    stop()
    const before = asked.length
    await vi.advanceTimersByTimeAsync(600_000)
    expect(asked).toHaveLength(before)
  })
})
