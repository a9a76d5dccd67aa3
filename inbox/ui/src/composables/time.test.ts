import { describe, expect, it } from 'vitest'
import { clockAndDay, dayHeading, fullTime, plainDay, span, timeAgo } from './time'

const now = new Date('2026-11-21T02:12:45Z') // 09:12:45 in Vietnam
const before = (seconds: number) => new Date(now.getTime() - seconds * 1000)

describe('times', () => {
  it.each([
    ['a moment ago', 20, 'vừa xong'],
    ['a clock that runs ahead', -30, 'vừa xong'],
    ['minutes', 3 * 60 + 59, '3 phút trước'],
    ['hours', 23 * 3600 + 3599, '23 giờ trước'],
    ['a day or more is a time and a date', 24 * 3600, '09:12 20/11'],
  ])('%s', (_, seconds, words) => expect(timeAgo(before(seconds), now)).toBe(words))

  it('are told in Vietnam’s zone wherever the browser is', () => {
    expect(clockAndDay(new Date('2026-11-20T17:05:00Z'))).toBe('00:05 21/11')
    expect(fullTime(now)).toBe('09:12:45 21/11/2026')
  })

  it('name the day', () => {
    expect(dayHeading(new Date('2026-11-20T17:00:00Z'), now)).toBe('Hôm nay')
    expect(dayHeading(new Date('2026-11-20T16:59:59Z'), now)).toBe('Hôm qua')
    expect(dayHeading(new Date('2026-11-18T10:00:00Z'), now)).toBe('18/11/2026')
  })

  it('spans are rough', () => {
    expect(span(90_000)).toBe('1 phút')
    expect(span(50 * 3600_000)).toBe('2 ngày')
  })

  it('plain dates are written as in Vietnam', () => expect(plainDay('2026-10-02')).toBe('02/10/2026'))
})
