import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { FoundConversation } from '@/api/types'
import { useConversations } from '@/stores/conversations'
import { conversation, inScope, refusal, serve } from '@/testing/made'
import { useMessageSearch } from './messageSearch'

beforeEach(() => {
  setActivePinia(createPinia())
  vi.useFakeTimers()
})
afterEach(() => vi.useRealTimers())

const found = (id: string): FoundConversation => ({
  conversation: conversation(id),
  message: { seq: 3, author: 'citizen', note: false, at: '2026-11-21T02:00:00Z' },
  snippet: [{ text: 'Cho hỏi ' }, { text: 'tiêm', match: true }],
})
const page = (ids: string[], more: object = {}) => ({ found: ids.map(found), partial: false, ...more })

describe('searching messages', () => {
  it('asks once when one stops typing, and at once on Enter', async () => {
    const asked = serve({ 'GET /search': () => page(['a']) })
    const { made: find, stop } = inScope(useMessageSearch)
    for (const words of ['t', 'ti', 'tiê', ' tiêm ']) {
      find.words.value = words
      await vi.advanceTimersByTimeAsync(100)
    }
    expect(asked).toHaveLength(0)
    expect(find.state.value).toBe('loading')
    await vi.advanceTimersByTimeAsync(1000)
    expect(asked.map((a) => a.url.searchParams.get('q'))).toEqual(['tiêm'])
    expect(find.ids.value).toEqual(['a'])
    expect(useConversations().byId.has('a')).toBe(true)

    find.words.value = 'tiêm chủng'
    await vi.advanceTimersByTimeAsync(0)
    await find.search()
    await vi.advanceTimersByTimeAsync(1000)
    expect(asked).toHaveLength(2)
    stop()
  })

  it('a slow answer never replaces a newer one, nor what was cleared', async () => {
    let letGo = () => {}
    const slow = new Promise<void>((resolve) => (letGo = resolve))
    serve({ 'GET /search': (_: never, url) => (url.searchParams.get('q') === 'cũ' ? slow.then(() => page(['old'])) : page(['new'])) })
    const { made: find, stop } = inScope(useMessageSearch)
    find.words.value = 'cũ'
    await vi.advanceTimersByTimeAsync(1000)
    find.words.value = 'mới'
    await vi.advanceTimersByTimeAsync(1000)
    letGo()
    await vi.advanceTimersByTimeAsync(0)
    expect(find.ids.value).toEqual(['new'])
    find.words.value = 'cũ'
    await vi.advanceTimersByTimeAsync(1000)
    find.clear()
    await vi.advanceTimersByTimeAsync(1000)
    expect(find.active.value).toBe(false)
    expect(find.ids.value).toEqual([])
    stop()
  })

  it('loads page after page, and shows nothing twice', async () => {
    const asked = serve({
      'GET /search': (_: never, url) => (url.searchParams.get('after') === '2' ? page(['b', 'c']) : page(['a', 'b'], { next: 2 })),
    })
    const { made: find, stop } = inScope(useMessageSearch)
    find.words.value = 'tiêm'
    await vi.advanceTimersByTimeAsync(1000)
    expect(find.more.value).toBe(true)
    await Promise.all([find.loadMore(), find.loadMore()])
    expect(find.ids.value).toEqual(['a', 'b', 'c'])
    expect(find.more.value).toBe(false)
    expect(asked).toHaveLength(2)
    stop()
  })

  it('says what is wrong and finds when tried again, and that older messages are missing yet', async () => {
    let works = false
    serve({ 'GET /search': () => (works ? page(['a'], { partial: true }) : refusal(503, 'unavailable', 'Hệ thống đang bận.')) })
    const { made: find, stop } = inScope(useMessageSearch)
    find.words.value = 'tiêm'
    await vi.advanceTimersByTimeAsync(1000)
    expect(find.state.value).toBe('failed')
    expect(find.problem.value?.message).toBe('Hệ thống đang bận.')
    works = true
    await find.search()
    expect(find.state.value).toBe('ready')
    expect(find.problem.value).toBeUndefined()
    expect(find.partial.value).toBe(true)
    stop()
  })
})
