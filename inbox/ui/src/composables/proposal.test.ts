import { describe, expect, it } from 'vitest'
import type { Message } from '@/api/types'
import { message } from '@/testing/made'
import { askedBefore, proposable } from './proposal'

const answer = (seq: number, more: Partial<Message> = {}) => message(seq, { direction: 'out', author: { kind: 'member', name: 'Lan' }, text: 'Từ 7 giờ ạ', ...more })

describe('an entry made of an answer', () => {
  it('is made of what people answered in words of their own', () => {
    expect(proposable(answer(1))).toBe(true)
    expect(proposable(answer(1, { author: { kind: 'department', name: 'Sở Y tế' } }))).toBe(true)
    const not: Partial<Message>[] = [
      { author: { kind: 'bot', name: 'Bot' } },
      { automatic: true },
      { entry: 'YT-1' },
      { direction: 'note' },
      { direction: 'in', author: { kind: 'citizen', name: 'Khách' } },
      { author: { kind: 'system', name: '' } },
      { text: ' ' },
    ]
    for (const one of not) expect([one, proposable(answer(1, one))]).toEqual([one, false])
  })

  it('asks what the citizen asked since people answered before', () => {
    const thread = [
      message(1, { text: 'việc cũ' }),
      answer(2),
      message(3, { text: 'trạm y tế' }),
      message(4, { text: 'Dạ, em là bot', direction: 'out', author: { kind: 'bot', name: 'Bot' } }),
      message(5, { text: 'mở cửa mấy giờ' }),
      message(6, { text: 'đã gỡ', withdrawn_at: '2026-11-21T02:01:00Z' }),
      answer(7),
      answer(8),
      message(9, { text: 'cảm ơn' }),
    ]
    expect(askedBefore(thread[6]!, thread)).toBe('trạm y tế mở cửa mấy giờ')
    expect(askedBefore(thread[7]!, thread)).toBe('trạm y tế mở cửa mấy giờ')
    expect(askedBefore(thread[1]!, thread)).toBe('việc cũ')
  })

  it('asks what the answer quotes, where it quotes', () => {
    const thread = [message(1, { text: 'câu một' }), message(2, { text: 'câu hai' }), answer(3, { quote: { message: 'm1', conversation: 'c' } })]
    expect(askedBefore(thread[2]!, thread)).toBe('câu một')
  })

  it('asks nothing where the question is not at hand', () => {
    expect(askedBefore(answer(1), [answer(1)])).toBe('')
    expect(askedBefore(answer(5), [])).toBe('')
  })
})
