import { describe, expect, it } from 'vitest'
import { RowOrder } from './rowOrder'

function order(...rows: [id: string, rank: string][]) {
  const made = new RowOrder()
  made.reset(rows.map(([id, rank]) => ({ id, rank })))
  return made
}

describe('rows in order', () => {
  it('are sorted by rank as bytes, then by id', () => {
    expect(order(['b', '1a'], ['c', '0f'], ['a', '1a'], ['d', '1B']).ids()).toEqual(['c', 'd', 'a', 'b'])
  })

  it('end where the loaded pages end, so that there is no gap', () => {
    const rows = order(['a', '1'], ['b', '2'], ['z', '9'])
    expect(rows.ids({ rank: '2', id: 'b' })).toEqual(['a', 'b'])
    expect(rows.ids({ rank: '5', id: '' })).toEqual(['a', 'b'])
  })

  it('come, move and leave one at a time, and say when nothing has changed', () => {
    const rows = order(['a', '1'], ['b', '2'], ['c', '3'])
    expect(rows.put('b', { id: 'b', rank: '2' })).toBe(false)
    expect(rows.put('b', { id: 'b', rank: '4' })).toBe(true)
    expect(rows.put('d', { id: 'd', rank: '0' })).toBe(true)
    expect(rows.put('a', undefined)).toBe(true)
    expect(rows.put('a', undefined)).toBe(false)
    expect(rows.ids()).toEqual(['d', 'c', 'b'])
  })

  it('stand after a thousand changes as a sort would have put them', () => {
    const rows = order()
    const all = new Map<string, string>()
    let seed = 7
    const random = (below: number) => (seed = (seed * 1103515245 + 12345) % 2147483648) % below
    for (let i = 0; i < 1000; i++) {
      const [id, rank] = [`c${random(200)}`, `${random(50)}`]
      if (random(4) === 0) {
        rows.put(id, undefined)
        all.delete(id)
      } else {
        rows.put(id, { id, rank })
        all.set(id, rank)
      }
    }
    expect(rows.ids()).toEqual(order(...all).ids())
  })
})
