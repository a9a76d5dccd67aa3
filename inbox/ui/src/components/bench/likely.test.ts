import { describe, expect, it } from 'vitest'
import type { TriedHit } from '@/api/types'
import { lacking, percent, step } from './likely'

describe('what the bench says of a confidence', () => {
  it('rounds, but calls nothing certain that is not', () => {
    expect([0, 0.004, 0.5, 0.826, 0.997, 1].map(percent)).toEqual(['0 %', '< 1 %', '50 %', '83 %', '> 99 %', '100 %'])
  })
  it('tells much from little, and for from against', () => {
    expect([-3, -1, 0.1, 1, 5].map(step)).toEqual([-2, -1, 0, 1, 2])
  })
  it('names the telling words that an entry lacks, once each', () => {
    const words = [{ typed: 'pháo' }, { typed: 'ạ', weak: true }, { typed: 'pháo' }, { typed: 'tiêm' }]
    const hit = { words: [{ way: 'none' }, { way: 'none' }, { way: 'none' }, { way: 'exact' }] } as unknown as TriedHit
    expect(lacking(hit, words)).toEqual(['pháo'])
  })
})
