import { describe, expect, it } from 'vitest'
import { isNarrowed, queryOf, specOf } from './viewQuery'
import type { ViewSpec } from '@/stores/conversations'

describe('the address of a view', () => {
  it.each<[ViewSpec, Record<string, string>]>([
    [{ view: 'open' }, { view: 'open' }],
    [{ view: 'mine' }, { view: 'mine' }],
    [{ view: 'open', department: 'so-y-te' }, { department: 'so-y-te' }],
    [{ view: 'channel', channel: 'web' }, { channel: 'web' }],
    [{ view: 'label', label: 'báo chí' }, { label: 'báo chí' }],
    [{ view: 'open', channel: 'web', urgent: true }, { view: 'open', channel: 'web', urgent: 'true' }],
    [{ view: 'unassigned', category: 'y-te', saved: 's1' }, { view: 'unassigned', category: 'y-te', saved: 's1' }],
  ])('of %j names it and nothing twice', (spec, query) => {
    expect(queryOf(spec)).toEqual(query)
    expect(specOf(query)).toEqual(spec)
  })
  it('that names nothing shows what needs a person', () => expect(specOf({ view: 'nothing' })).toEqual({ view: 'open' }))
  it('tells lists that are walked from those that are kept', () => {
    expect(isNarrowed({ view: 'open', department: 'so-y-te' })).toBe(false)
    expect(isNarrowed({ view: 'mine', department: 'so-y-te' })).toBe(true)
    expect(isNarrowed({ view: 'open', urgent: true })).toBe(true)
  })
})
