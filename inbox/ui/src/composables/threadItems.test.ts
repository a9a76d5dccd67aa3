import { describe, expect, it } from 'vitest'
import { message } from '@/testing/made'
import { threadItems } from './threadItems'

describe('the layout of a thread', () => {
  it('begins a day at midnight in Vietnam', () => {
    const items = threadItems([message(1, { sent_at: '2026-11-20T16:59:00Z' }), message(2, { sent_at: '2026-11-20T17:01:00Z' })], undefined)
    expect(items.map((i) => i.kind)).toEqual(['day', 'message', 'day', 'message'])
  })

  it('draws one line above the first unread words of the citizen', () => {
    const said = [message(1), message(2), message(3, { direction: 'out', author: { kind: 'bot', name: 'Bot' } }), message(4)]
    expect(threadItems(said, 1).map((i) => i.kind)).toEqual(['day', 'message', 'unread', 'message', 'message', 'message'])
    expect(threadItems(said, 4).some((i) => i.kind === 'unread')).toBe(false)
  })

  it('lets what came late stand where it was said, under the heading of its own day', () => {
    const late = message(2, { sent_at: '2026-11-20T02:00:30Z', received_at: '2026-11-21T02:00:30Z', late: true })
    const items = threadItems([late, message(1), message(3)], undefined)
    expect(items.map((i) => (i.kind === 'message' ? i.continues : i.kind))).toEqual(['day', false, 'day', false, true])
  })

  it('sets apart what was answered elsewhere', () => {
    const member = { direction: 'out', author: { kind: 'member', name: 'Hà' } } as const
    const items = threadItems([message(1, member), message(2, { ...member, elsewhere: true }), message(3, { ...member, elsewhere: true })], undefined)
    expect(items.map((i) => (i.kind === 'message' ? i.continues : i.kind))).toEqual(['day', false, false, true])
  })

  it('lets each letter say who wrote it', () => {
    const items = threadItems([message(1, { letter: { from: { mail: 'a@example.vn' } } }), message(2, { letter: { from: { mail: 'b@example.vn' } } })], undefined)
    expect(items.map((i) => (i.kind === 'message' ? i.continues : i.kind))).toEqual(['day', false, false])
  })

  it('keeps together what one person says in one go, and sets apart what happened in between', () => {
    const changed = message(3, { direction: 'note', author: { kind: 'system', name: '' }, text: '', change: { action: 'conversation.taken' } })
    const items = threadItems([message(1), message(2), changed, message(4)], undefined)
    expect(items.map((i) => (i.kind === 'message' ? i.continues : i.kind))).toEqual(['day', false, true, 'change', false])
  })
})
