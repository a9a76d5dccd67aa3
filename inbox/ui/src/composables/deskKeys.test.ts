import { describe, expect, it } from 'vitest'
import { holderOf, keyFrom, keysOf } from './deskKeys'

describe('keys of one’s own', () => {
  it('take the place of the desk’s', () => expect(keysOf({ take: 'v' })).toMatchObject({ take: 'v', reply: 'r' }))
  it('leave without a key what had that key', () => expect(keysOf({ take: 'r' })).toMatchObject({ take: 'r', reply: '' }))
  it('are single keys', () => {
    const press = (key: string, more: KeyboardEventInit = {}) => keyFrom(new KeyboardEvent('keydown', { key, ...more }))
    expect(press('V')).toEqual({ key: 'v' })
    expect(press('?')).toEqual({ key: '?' })
    for (const refused of [press('ư'), press('Enter'), press(' '), press('k', { ctrlKey: true })]) expect(refused).toEqual({ refused: 'single' })
  })
  it('do one thing each', () => {
    expect(holderOf(keysOf({}), 'r', 'take')).toBe('reply')
    expect(holderOf(keysOf({}), 't', 'take')).toBeUndefined()
  })
})
