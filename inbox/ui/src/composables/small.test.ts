import { describe, expect, it } from 'vitest'
import { message } from '@/testing/made'
import { describeChange } from './change'
import { fileSize } from './fileSize'
import { fold } from './fold'
import { calledAttachment, lookOf } from './attachment'
import { returnPath } from './returnPath'
import { carried, takes } from './upload'
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

describe('what happened to a conversation', () => {
  const by = (action: string, to?: string) =>
    describeChange(message(1, { author: { kind: 'member', name: 'Hà' }, change: { action, to } }), (id) => (id === 'so-y-te' ? 'Sở Y tế' : (id ?? '')))
  it.each([
    [by('conversation.transferred', 'so-y-te'), 'Hà chuyển tới Sở Y tế'],
    [by('conversation.transferred'), 'Hà chuyển về bộ phận thường trực'],
    [by('conversation.assigned'), 'Hà trả phiếu về hàng chờ'],
    [by('conversation.handed_off', 'unknown'), 'Bot chuyển cho người trực. Bot không biết câu trả lời'],
    [by('contact.followed'), 'Người dân bắt đầu quan tâm kênh này'],
    [by('contact.unfollowed'), 'Người dân không còn quan tâm kênh này; tin gửi đi có thể không tới'],
    [by('contact.shared'), 'Người dân chia sẻ thông tin liên hệ'],
    [by('conversation.brand_new'), 'Hà: conversation.brand_new'],
  ])('%s', (said, words) => expect(said).toBe(words))
})

describe('what a channel takes', () => {
  it.each([
    [undefined, 'video/mp4', true],
    [['image/*', 'application/pdf'], 'image/png', true],
    [['image/*', 'application/pdf'], 'application/pdf', true],
    [['image/*', 'application/pdf'], 'video/mp4', false],
    [['image/*'], 'imagery/png', false],
    [['image/*'], '', true],
  ])('of %o, a file of the type "%s": %s', (types, type, taken) => expect(takes(types, type)).toBe(taken))
})

describe('a file in the thread', () => {
  const file = (more: object) => ({ id: 'f', name: 'tệp.bin', type: 'application/pdf', size: 1, ...more })
  it.each([
    ['a picture', file({ type: 'image/png' }), 'picture', 'tệp.bin'],
    ['a picture with a script in it is a file', file({ type: 'image/svg+xml' }), 'file', 'tệp.bin'],
    ['a sticker', file({ kind: 'sticker', type: 'image/webp' }), 'sticker', 'Nhãn dán'],
    ['an animation', file({ kind: 'animation', type: 'image/gif' }), 'picture', 'Ảnh động'],
    ['an animation that is a film', file({ kind: 'animation', type: 'video/mp4' }), 'video', 'Ảnh động'],
    ['what was spoken', file({ kind: 'voice', type: 'audio/mp4' }), 'sound', 'Tin thoại'],
    ['a film no browser plays', file({ kind: 'video', type: 'video/quicktime' }), 'file', 'Video'],
    ['what is still with its platform', file({ id: '', kind: 'voice', type: '' }), 'fetching', 'Tin thoại'],
    ['what the platform has no more', file({ id: '', kind: 'sticker', problem: 'hết hạn' }), 'problem', 'Nhãn dán'],
    ['a file without a name', file({ name: '' }), 'file', 'Tệp'],
  ] as const)('%s', (_, attachment, look, called) => {
    expect(lookOf(attachment)).toBe(look)
    expect(calledAttachment(attachment)).toBe(called)
  })
})

describe('files of a proposed answer', () => {
  const limits = { text_length: 0, attachment_size: 100, attachment_types: ['image/*'], reply_window_seconds: 0, free_window_seconds: 0, free_replies: 0 }
  const file = (more: object) => ({ id: 'f', name: 'ảnh.png', type: 'image/png', size: 100, ...more })
  it.each([
    ['goes with the answer', {}, limits, true],
    ['stays when it is too large', { size: 101 }, limits, false],
    ['stays when the channel takes no such file', { type: 'application/pdf' }, limits, false],
    ['stays when it could not be fetched', { problem: 'không tải được' }, limits, false],
    ['stays when it is still being fetched', { id: '' }, limits, false],
    ['stays when the channel takes no files', {}, { ...limits, attachment_size: 0 }, false],
  ])('%s', (_, more, limits, goes) => expect(carried([file(more)], limits)).toEqual(goes ? { goes: [file(more)], stays: [] } : { goes: [], stays: [file(more)] }))
})
