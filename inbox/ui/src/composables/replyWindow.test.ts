import { describe, expect, it } from 'vitest'
import type { ConversationDetail, Limits, Message } from '@/api/types'
import { message } from '@/testing/made'
import { replyTerms } from './replyWindow'

const none: Limits = { text_length: 0, attachment_size: 0, reply_window_seconds: 0, free_window_seconds: 0, free_replies: 0 }
const zalo: Limits = { ...none, reply_window_seconds: 7 * 24 * 3600, free_window_seconds: 48 * 3600, free_replies: 8 }
const said = (seq: number, hour: string) => message(seq, { received_at: `2026-11-${hour}:00Z` })
const ours = (seq: number, state: NonNullable<Message['delivery']>['state'] = 'sent') =>
  message(seq, { direction: 'out', author: { kind: 'bot', name: 'Bot' }, delivery: { state } })
const terms = (messages: Message[], limits: Limits, at: string, until?: string) =>
  replyTerms({ reply_until: until } as ConversationDetail, messages, limits, new Date(`2026-11-${at}:00Z`))

describe('until when one may answer', () => {
  it('a channel without limits says nothing', () =>
    expect(terms([said(1, '21T02:00')], none, '21T03:00')).toEqual({ closed: false, charged: false }))

  it('what the citizen writes lengthens what was told when the conversation was opened', () => {
    const { until, closed } = terms([said(1, '21T02:00'), ours(2)], { ...none, reply_window_seconds: 3600 }, '21T02:50', '2026-11-21T02:30:00Z')
    expect(until?.toISOString()).toBe('2026-11-21T03:00:00.000Z')
    expect(closed).toBe(false)
  })

  it('counts from when it reached us, as the platform does not know of outages here', () =>
    expect(terms([message(1, { sent_at: '2026-11-20T02:00:00Z', received_at: '2026-11-21T02:00:00Z', late: true })], zalo, '21T03:00').freeUntil?.toISOString()).toBe('2026-11-23T02:00:00.000Z'))

  it('begins anew when the citizen follows the account or shares details', () => {
    const event = (action: string) => message(2, { direction: 'note', author: { kind: 'system', name: '' }, change: { action }, received_at: '2026-11-21T05:00:00Z' })
    const from = (action: string) => terms([said(1, '21T02:00'), event(action)], zalo, '21T06:00').freeUntil?.toISOString()
    expect(from('contact.followed')).toBe('2026-11-23T05:00:00.000Z')
    expect(from('contact.shared')).toBe('2026-11-23T05:00:00.000Z')
    expect(from('contact.unfollowed')).toBe('2026-11-23T02:00:00.000Z')
  })

  it('is closed to the minute, and then nothing is charged either', () => {
    const hour = { ...zalo, reply_window_seconds: 3600, free_window_seconds: 0 }
    expect(terms([said(1, '21T02:00')], hour, '21T02:59')).toMatchObject({ closed: false })
    expect(terms([said(1, '21T02:00'), ...Array.from({ length: 9 }, (_, i) => ours(i + 2))], hour, '21T03:00')).toMatchObject({ closed: true, charged: false })
  })

  it('keeps to what was told where the last words of the citizen are not loaded', () =>
    expect(terms([ours(90)], zalo, '21T03:00', '2026-11-21T02:00:00Z')).toMatchObject({ closed: true }))
})

describe('what costs nothing', () => {
  it('is counted from the last words of the citizen, without what did not leave', () => {
    const { freeLeft, charged } = terms([ours(1), said(2, '21T02:00'), ours(3), ours(4, 'failed'), ours(5, 'parked'), ours(6, 'queued')], zalo, '21T03:00')
    expect([freeLeft, charged]).toEqual([6, false])
  })

  it('ends with the number, and begins again when the citizen writes', () => {
    const many = [said(1, '21T02:00'), ...Array.from({ length: 9 }, (_, i) => ours(i + 2))]
    expect(terms(many, zalo, '21T03:00')).toMatchObject({ freeLeft: 0, charged: true })
    expect(terms([...many, said(20, '21T02:30')], zalo, '21T03:00')).toMatchObject({ freeLeft: 8, charged: false })
  })

  it('ends with its time, although answers are taken for longer', () =>
    expect(terms([said(1, '19T02:00')], zalo, '21T03:00')).toMatchObject({ closed: false, charged: true }))

  it('notes cost nothing', () =>
    expect(terms([said(1, '21T02:00'), message(2, { direction: 'note', author: { kind: 'member', name: 'Hà' } })], zalo, '21T03:00').freeLeft).toBe(8))
})
