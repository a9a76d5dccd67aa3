import type { ReadyAnswer } from '@/api/types'
import { fold } from './fold'

/** How well a ready answer fits what was typed; the lower the better, undefined when not at all. */
function fitOf(answer: ReadyAnswer, words: string[], term: string): number | undefined {
  if (words.length === 0) return 2
  const shortcut = answer.shortcut ?? ''
  if (shortcut && shortcut === term) return 0
  if (shortcut.startsWith(term)) return 1
  const title = fold(answer.title).split(/[^a-z0-9]+/)
  if (words.every((word) => title.some((other) => other.startsWith(word)))) return 2
  const text = fold(`${answer.title} ${answer.text}`)
  return words.every((word) => text.includes(word)) ? 3 : undefined
}

/** One's own before the department's before everybody's. */
const nearness = { own: 0, department: 1, all: 2 }

/**
 * The ready answers that fit what stands after the slash, the best first: typed
 * with or without diacritics, by shortcut, title or words. A department's are
 * offered in that department's conversations, and to those who look for them.
 */
export function matchAnswers(all: readonly ReadyAnswer[], typed: string, department: string | undefined): ReadyAnswer[] {
  const term = fold(typed).trim()
  const words = term.split(/\s+/).filter(Boolean)
  return all
    .filter((answer) => words.length > 0 || answer.scope !== 'department' || answer.department === department)
    .flatMap((answer) => {
      const fit = fitOf(answer, words, term)
      return fit === undefined ? [] : [{ answer, fit }]
    })
    .sort(
      (a, b) =>
        a.fit - b.fit || nearness[a.answer.scope] - nearness[b.answer.scope] || a.answer.title.localeCompare(b.answer.title, 'vi'),
    )
    .map(({ answer }) => answer)
}
