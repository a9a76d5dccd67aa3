import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it } from 'vitest'
import { conversation } from '@/testing/made'
import { positionIn, useConversations } from './conversations'

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

  it('leave out what is in other views only', () => {
    expect(positionIn({ view: 'open' }, placed('a', '1'))).toEqual({ id: 'a', rank: '1' })
    expect(positionIn({ view: 'open' }, conversation('b', { placements: { resolved: '1' } }))).toBeUndefined()
  })

  it('are narrowed to a department and to a channel', () => {
    const here = placed('a', '1', { department: 'so-y-te', channel: 'web' })
    expect(positionIn({ view: 'open', department: 'so-y-te' }, here)).toBeDefined()
    expect(positionIn({ view: 'open', department: 'cong-an' }, here)).toBeUndefined()
    expect(positionIn({ view: 'open', channel: 'zalo' }, here)).toBeUndefined()
  })
})
