import { describe, expect, it } from 'vitest'
import { chosenTime, fieldTime, snoozeTimes } from './snoozeTimes'

const names = (now: string) => snoozeTimes(new Date(now)).map((time) => `${time.name} ${time.at.toISOString()}`)

describe('until when a matter sleeps', () => {
  it('offers this evening, tomorrow and Monday on a Thursday morning', () => {
    expect(names('2026-11-19T02:00:00Z')).toEqual([
      'evening 2026-11-19T11:00:00.000Z',
      'tomorrow 2026-11-20T00:30:00.000Z',
      'monday 2026-11-23T00:30:00.000Z',
    ])
  })
  it('offers no evening that has almost come', () => {
    expect(names('2026-11-19T10:30:00Z')[0]).toBe('tomorrow 2026-11-20T00:30:00.000Z')
  })
  it('offers Monday once on a Sunday', () => {
    expect(names('2026-11-22T02:00:00Z')).toEqual(['evening 2026-11-22T11:00:00.000Z', 'tomorrow 2026-11-23T00:30:00.000Z'])
  })
  it('offers the next Monday on a Monday', () => {
    expect(names('2026-11-23T02:00:00Z').at(-1)).toBe('monday 2026-11-30T00:30:00.000Z')
  })
  it('counts the days of the people here, after midnight in Hà Nội too', () => {
    expect(names('2026-11-19T18:00:00Z')[1]).toBe('tomorrow 2026-11-21T00:30:00.000Z')
  })
  it('reads and fills the field in our time', () => {
    expect(chosenTime('2026-11-21T14:30')?.toISOString()).toBe('2026-11-21T07:30:00.000Z')
    expect(fieldTime(new Date('2026-11-21T07:30:00Z'))).toBe('2026-11-21T14:30')
    expect(chosenTime('')).toBeUndefined()
  })
})
