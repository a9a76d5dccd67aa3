import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { useLive } from '@/stores/live'
import { conversation, inScope, refusal, serve } from '@/testing/made'
import { useViewList } from './viewList'

beforeEach(() => setActivePinia(createPinia()))

const placed = (id: string, rank: string, version = 1) => conversation(id, { placements: { open: rank }, version })
const quiet = () => new Response(new ReadableStream())

describe('a view', () => {
  it('loads page after page, and an event for what is not loaded yet waits for its page', async () => {
    const asked = serve({
      'GET /events': quiet,
      'GET /conversations': (_: never, url) =>
        url.searchParams.get('cursor') === 'two'
          ? { conversations: [placed('c', '3')], event: 4 }
          : { conversations: [placed('a', '1'), placed('b', '2')], next: 'two', event: 4 },
    })
    const { made: list, stop } = inScope(() => useViewList(() => ({ view: 'open' })))
    await vi.waitFor(() => expect(list.ids.value).toEqual(['a', 'b']))
    expect(asked.some((a) => a.route === 'GET /events' && a.url.search === '?after=4')).toBe(true)

    useLive().take({ number: 5, event: { kind: 'conversation.changed', conversation: placed('d', '4') } })
    expect(list.ids.value).toEqual(['a', 'b'])
    expect(await list.loadMore()).toEqual(['c'])
    expect(list.ids.value).toEqual(['a', 'b', 'c', 'd'])
    stop()
    useLive().stop()
  })

  it('an event that came before the slow page is not undone by it', async () => {
    let let_go = () => {}
    const slow = new Promise<void>((resolve) => (let_go = resolve))
    serve({ 'GET /events': quiet, 'GET /conversations': () => slow.then(() => ({ conversations: [placed('a', '2'), placed('b', '3')], event: 4 })) })
    const { made: list, stop } = inScope(() => useViewList(() => ({ view: 'open' })))
    useLive().take({ number: 5, event: { kind: 'conversation.changed', conversation: placed('b', '1', 9) } })
    let_go()
    await vi.waitFor(() => expect(list.ids.value).toEqual(['b', 'a']))
    stop()
    useLive().stop()
  })

  it('that cannot be loaded says why, and loads when tried again', async () => {
    let works = false
    serve({
      'GET /events': quiet,
      'GET /conversations': () => (works ? { conversations: [placed('a', '1')], event: 1 } : refusal(503, 'unavailable', 'Hệ thống đang bận.')),
    })
    const { made: list, stop } = inScope(() => useViewList(() => ({ view: 'open' })))
    await vi.waitFor(() => expect(list.state.value).toBe('failed'))
    expect(list.problem.value?.message).toBe('Hệ thống đang bận.')
    works = true
    await list.load()
    expect(list.ids.value).toEqual(['a'])
    stop()
    useLive().stop()
  })
})
