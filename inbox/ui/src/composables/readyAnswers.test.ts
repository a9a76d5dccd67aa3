import { describe, expect, it } from 'vitest'
import type { ReadyAnswer } from '@/api/types'
import { matchAnswers } from './readyAnswers'

const answer = (id: string, title: string, more: Partial<ReadyAnswer> = {}): ReadyAnswer => ({
  id, title, text: '…', scope: 'all', places: [], editable: false, changed_at: '2026-11-21T02:00:00Z', ...more,
})
const all = [
  answer('thanks', 'Cảm ơn đã liên hệ', { shortcut: 'camon' }),
  answer('hello', 'Lời chào', { shortcut: 'chao' }),
  answer('own', 'Chào buổi tối', { scope: 'own' }),
  answer('health', 'Lịch tiêm chủng', { scope: 'department', department: 'so-y-te', text: 'Trạm y tế tiêm sáng thứ Ba.' }),
]
const found = (typed: string, department?: string) => matchAnswers(all, typed, department).map((a) => a.id)

describe('ready answers', () => {
  it('are found with or without diacritics', () => {
    expect(found('cảm')).toEqual(['thanks'])
    expect(found('cam on')).toEqual(['thanks'])
    expect(found('lich tiem')).toEqual(['health'])
  })
  it('stand first with their shortcut, then by title, then by words', () => {
    expect(found('chao')).toEqual(['hello', 'own'])
    expect(found('thu ba')).toEqual(['health'])
    expect(found('xyz')).toEqual([])
  })
  it('of a department are offered in its conversations, one’s own first', () => {
    expect(found('', 'so-y-te')).toEqual(['own', 'health', 'thanks', 'hello'])
    expect(found('', 'so-xay-dung')).toEqual(['own', 'thanks', 'hello'])
  })
})
