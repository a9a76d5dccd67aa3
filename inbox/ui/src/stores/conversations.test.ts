import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it } from 'vitest'
import { conversation } from '@/testing/made'
import { positionIn, rowsOf, useConversations } from './conversations'

beforeEach(() => setActivePinia(createPinia()))

describe('what pages and events tell', () => {
  it('a slow page does not undo a newer event', () => {
    const store = useConversations()
    store.put(conversation('a', { version: 5, last_text: 'mới' }))
    store.put(conversation('a', { version: 4, last_text: 'cũ' }))
    expect(store.byId.get('a')?.last_text).toBe('mới')
  })

  it('an event after the page wins', () => {
    const store = useConversations()
    store.put(conversation('a', { version: 4, last_text: 'cũ' }))
    store.put(conversation('a', { version: 5, last_text: 'mới' }))
    expect(store.byId.get('a')?.last_text).toBe('mới')
  })
})

describe('the rows of a view', () => {
  const placed = (id: string, rank: string, more = {}) => conversation(id, { placements: { open: rank }, ...more })

  it('are sorted by rank as bytes, then by id', () => {
    const all = [placed('b', '1a'), placed('c', '0f'), placed('a', '1a'), placed('d', '1B')]
    expect(rowsOf({ view: 'open' }, all, undefined)).toEqual(['c', 'd', 'a', 'b'])
  })

  it('leave out what is in other views only', () => {
    const all = [placed('a', '1'), conversation('b', { placements: { resolved: '1' } })]
    expect(rowsOf({ view: 'open' }, all, undefined)).toEqual(['a'])
  })

  it('end where the loaded pages end, so that there is no gap', () => {
    const all = [placed('a', '1'), placed('b', '2'), placed('z', '9')]
    expect(rowsOf({ view: 'open' }, all, { rank: '2', id: 'b' })).toEqual(['a', 'b'])
  })

  it('are narrowed to a department and to a channel', () => {
    const here = placed('a', '1', { department: 'so-y-te', channel: 'web' })
    expect(positionIn({ view: 'open', department: 'so-y-te' }, here)).toBeDefined()
    expect(positionIn({ view: 'open', department: 'cong-an' }, here)).toBeUndefined()
    expect(positionIn({ view: 'open', channel: 'zalo' }, here)).toBeUndefined()
  })
})
