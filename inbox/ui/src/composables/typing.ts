/** What is being typed after a sign that opens a menu: where the sign stands, and the words up to the caret. */
export interface Typed {
  sign: string
  from: number
  to: number
  words: string
}

/** Longer than anything that is looked for in a menu. */
const longest = 40

/**
 * Finds the sign that the caret stands behind: at the very start or after a
 * space, on the caret's own line, with a letter or nothing right behind it.
 */
export function typedAfter(signs: readonly string[], text: string, caret: number): Typed | undefined {
  const line = text.slice(0, caret).split('\n').at(-1)!
  for (let at = line.length - 1; at >= 0 && line.length - at <= longest; at--) {
    const sign = line[at]!
    if (!signs.includes(sign)) continue
    const before = line[at - 1]
    const words = line.slice(at + 1)
    if ((before === undefined || /\s/.test(before)) && !/^\s/.test(words)) {
      return { sign, from: caret - words.length - 1, to: caret, words }
    }
  }
  return undefined
}
