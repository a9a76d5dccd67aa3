import type { TriedHit } from '@/api/types'

/** A probability as people read it; only what is certain is 0 or 100. */
export function percent(p: number): string {
  if (p > 0 && p < 0.01) return '< 1 %'
  if (p < 1 && p > 0.99) return '> 99 %'
  return `${Math.round(p * 100)} %`
}

/** What a factor did, in five steps: --, -, 0, +, ++. A point of log-odds turns 50 % into 73 %. */
export function step(points: number): -2 | -1 | 0 | 1 | 2 {
  if (points > 2) return 2
  if (points > 0.3) return 1
  if (points < -2) return -2
  return points < -0.3 ? -1 : 0
}

/** The words of the question that the entry has, and those it lacks and that say something. */
export function lacking(hit: TriedHit, words: readonly { typed: string; weak?: boolean; story?: boolean }[]): string[] {
  return [...new Set(words.filter((w, i) => hit.words[i]?.way === 'none' && !w.weak && !w.story).map((w) => w.typed))]
}
