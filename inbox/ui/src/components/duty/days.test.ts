import { describe, expect, it } from 'vitest'
import { addDays, addMonths, dayAt, daysOf, mondayOf, shortDay, weekday } from './days'

describe('days of the roster', () => {
  it('begin at midnight in Vietnam', () => {
    expect(dayAt(new Date('2026-11-22T16:59:59Z'))).toBe('2026-11-22')
    expect(dayAt(new Date('2026-11-22T17:00:00Z'))).toBe('2026-11-23')
  })
  it('go on over months and years', () => {
    expect(addDays('2026-12-31', 1)).toBe('2027-01-01')
    expect(addDays('2028-03-01', -1)).toBe('2028-02-29')
    expect(addMonths('2026-11-30', 3)).toBe('2027-02-01')
  })
  it('belong to weeks that begin on Monday', () => {
    expect(weekday('2026-11-23')).toBe(0)
    expect(mondayOf('2026-11-29')).toBe('2026-11-23')
    expect(daysOf('week', '2026-11-25')).toEqual(['2026-11-23', '2026-11-24', '2026-11-25', '2026-11-26', '2026-11-27', '2026-11-28', '2026-11-29'])
  })
  it('fill the whole weeks of a month', () => {
    const november = daysOf('month', '2026-11-15')
    expect([november[0], november.at(-1), november.length]).toEqual(['2026-10-26', '2026-12-06', 42])
  })
  it('are short where there is little room', () => expect(shortDay('2026-11-23')).toBe('23/11'))
})
