import { describe, expect, it } from 'vitest'
import { wordDiff } from './wordDiff'

const told = (before: string, after: string) =>
  wordDiff(before, after)
    .map(({ kind, text }) => ({ same: text, gone: `[-${text}-]`, new: `[+${text}+]` })[kind])
    .join('')

describe('wordDiff', () => {
  it('tells the words that went and came', () => {
    expect(told('Nộp tại Sở, trong giờ hành chính.', 'Nộp tại Trung tâm, trong giờ hành chính.')).toBe(
      'Nộp tại [-Sở, -][+Trung tâm, +]trong giờ hành chính.',
    )
    expect(told('a b c', 'a c')).toBe('a [-b -]c')
    expect(told('', 'mới')).toBe('[+mới+]')
    expect(told('cũ', '')).toBe('[-cũ-]')
    expect(told('như nhau', 'như nhau')).toBe('như nhau')
  })

  it('loses nothing of either text, however long', () => {
    const before = 'một hai ba '.repeat(3000)
    const after = 'ba bốn '.repeat(3000)
    const stretches = wordDiff(before, after)
    const side = (leftOut: string) => stretches.filter((s) => s.kind !== leftOut).map((s) => s.text).join('')
    expect(side('new')).toBe(before)
    expect(side('gone')).toBe(after)
  })
})
