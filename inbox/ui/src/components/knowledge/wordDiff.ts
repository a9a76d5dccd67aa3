/** A stretch of text that stayed, was taken away, or came new. */
export interface Stretch {
  kind: 'same' | 'gone' | 'new'
  text: string
}

/** Beyond this many comparisons the texts are shown whole: nobody reads such a comparison word by word. */
const most = 4_000_000

/** Compares two texts word by word. Spaces and line ends belong to the word before them. */
export function wordDiff(before: string, after: string): Stretch[] {
  const a = words(before)
  const b = words(after)
  let head = 0
  while (head < a.length && head < b.length && a[head] === b[head]) head++
  let tail = 0
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++
  const out: Stretch[] = []
  const add = (kind: Stretch['kind'], text: string | undefined) => {
    if (!text) return
    const last = out.at(-1)
    if (last?.kind === kind) last.text += text
    else out.push({ kind, text })
  }
  add('same', a.slice(0, head).join(''))
  for (const { kind, text } of between(a.slice(head, a.length - tail), b.slice(head, b.length - tail))) add(kind, text)
  add('same', a.slice(a.length - tail).join(''))
  return out
}

function words(text: string): string[] {
  return text.match(/\S+\s*|\s+/g) ?? []
}

/** The differences between two lists of words, by their longest common part. */
function between(a: string[], b: string[]): Stretch[] {
  if (a.length * b.length > most) return [{ kind: 'gone', text: a.join('') }, { kind: 'new', text: b.join('') }]
  const width = b.length + 1
  const longest = new Uint32Array((a.length + 1) * width)
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      longest[i * width + j] =
        a[i] === b[j] ? longest[(i + 1) * width + j + 1]! + 1 : Math.max(longest[(i + 1) * width + j]!, longest[i * width + j + 1]!)
    }
  }
  const out: Stretch[] = []
  let i = 0
  let j = 0
  while (i < a.length && j < b.length) {
    if (a[i] === b[j]) {
      out.push({ kind: 'same', text: a[i]! })
      i++
      j++
    } else if (longest[(i + 1) * width + j]! >= longest[i * width + j + 1]!) out.push({ kind: 'gone', text: a[i++]! })
    else out.push({ kind: 'new', text: b[j++]! })
  }
  while (i < a.length) out.push({ kind: 'gone', text: a[i++]! })
  while (j < b.length) out.push({ kind: 'new', text: b[j++]! })
  return out
}
