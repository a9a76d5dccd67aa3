import { describe, expect, it } from 'vitest'
import { message } from '@/testing/made'
import { describeChange } from './change'
import { fileSize } from './fileSize'
import { fold } from './fold'
import { replyUntil } from './replyWindow'
import { returnPath } from './returnPath'
import { queryOf, specOf } from './viewQuery'

describe('where one goes after logging in', () => {
  it.each([
    ['/desk/c/123?view=mine', '/desk/c/123?view=mine'],
    ['/admin/knowledge', '/admin/knowledge'],
    ['//evil.example', '/desk'],
    ['/\\evil.example', '/desk'],
    ['https://evil.example/desk', '/desk'],
    ['/login', '/desk'],
    [undefined, '/desk'],
  ])('%s leads to %s', (next, path) => expect(returnPath(next)).toBe(path))
})

describe('names', () => {
  it('are found without diacritics', () => expect(fold('Sở Lao động – Đà Nẵng')).toContain('lao dong – da nang'))
  it('sizes of files are told with a comma', () => expect(fileSize(2_500_000)).toBe('2,4 MB'))
})

describe('addresses of views', () => {
  it.each([{ view: 'mine' as const }, { view: 'open' as const, department: 'so-y-te' }, { view: 'channel' as const, channel: 'zalo-1022' }])(
    '%o comes back from its own address',
    (spec) => expect(specOf(queryOf(spec))).toEqual(spec),
  )
  it('an unknown view is what needs a person', () => expect(specOf({ view: 'lạ' })).toEqual({ view: 'open' }))
})

describe('until when one may answer', () => {
  const limits = { text_length: 0, attachment_size: 0, reply_window_seconds: 3600 }
  const detail = (reply_until?: string) => ({ reply_until }) as never
  it('what the citizen writes lengthens the window', () =>
    expect(replyUntil(detail('2026-11-21T02:30:00Z'), [message(5)], limits)?.toISOString()).toBe('2026-11-21T03:00:05.000Z'))
  it('a channel without a window has none', () =>
    expect(replyUntil(detail(), [message(5)], { ...limits, reply_window_seconds: 0 })).toBeUndefined())
})

describe('what happened to a conversation', () => {
  const by = (action: string, to?: string) =>
    describeChange(message(1, { author: { kind: 'member', name: 'Hà' }, change: { action, to } }), (id) => (id === 'so-y-te' ? 'Sở Y tế' : (id ?? '')))
  it.each([
    [by('conversation.transferred', 'so-y-te'), 'Hà chuyển tới Sở Y tế'],
    [by('conversation.transferred'), 'Hà chuyển về bộ phận thường trực'],
    [by('conversation.assigned'), 'Hà trả phiếu về hàng chờ'],
    [by('conversation.handed_off', 'unknown'), 'Bot chuyển cho người trực. Bot không biết câu trả lời'],
    [by('conversation.brand_new'), 'Hà: conversation.brand_new'],
  ])('%s', (said, words) => expect(said).toBe(words))
})
