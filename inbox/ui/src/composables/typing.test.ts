import { describe, expect, it } from 'vitest'
import { typedAfter } from './typing'

const words = (text: string) => typedAfter(['/', '@'], text, text.length)?.words

describe('the sign that opens a menu', () => {
  it('stands at the start or after a space', () => {
    expect(words('/')).toBe('')
    expect(words('Dạ /chào bu')).toBe('chào bu')
    expect(words('dòng một\n/hen')).toBe('hen')
    expect(words('nhờ @Hà')).toBe('Hà')
  })
  it('is a mere letter elsewhere', () => {
    expect(words('và/hoặc')).toBeUndefined()
    expect(words('1 / 2')).toBeUndefined()
    expect(words('lan@thanhhoa.gov.vn')).toBeUndefined()
    expect(words('/chao\n')).toBeUndefined()
  })
  it('says what stands between it and the caret', () =>
    expect(typedAfter(['/'], 'Dạ /chao anh', 8)).toEqual({ sign: '/', from: 3, to: 8, words: 'chao' }))
})
