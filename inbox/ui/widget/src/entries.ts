import type { Item } from './outbox'
import type { Author, Choice, FileRef, Link, Said } from './wire'

/** Entry is one bubble of the thread, of the log or still on its way. */
export interface Entry {
  id: string
  own: boolean
  author: Author
  name: string
  automatic: boolean
  text: string
  at: number
  state: 'said' | 'waiting' | 'late' | 'sent' | 'failed'
  problem?: string
  files: FileRef[]
  links: Link[]
  choices: Choice[]
  /** chosen is the value of the choice that was pressed; choices are open only while nothing was said since. */
  chosen?: string
  open: boolean
  place?: Said['place']
  form: { label: string; value: string }[]
  /** heading begins another matter than the entry before. */
  heading?: string
  /** first and last of what the same author said in a row. */
  first: boolean
  last: boolean
}

/** entries joins the log and the outbox into what is shown. */
export function entries(log: Said[], outbox: Item[]): Entry[] {
  const shown = new Set(log.filter((said) => said.own && said.key).map((said) => said.key))
  const list = [...log.map(ofLog), ...outbox.filter((item) => !shown.has(item.key)).map(ofOutbox)]
  let later: string | undefined // what the next thing of the visitor's pressed; '' for plain words
  for (const entry of list.toReversed()) {
    if (entry.own) {
      later = entry.chosen ?? ''
      continue
    }
    entry.open = later === undefined
    entry.chosen = later
  }
  for (let i = 1; i < log.length; i++) {
    if (log[i]!.code !== log[i - 1]!.code) list[i]!.heading = log[i]!.code
  }
  list.forEach((entry, i) => {
    const [before, after] = [list[i - 1], list[i + 1]]
    entry.first = !before || !!entry.heading || !same(before, entry)
    entry.last = !after || !!after.heading || !same(entry, after)
  })
  return list
}

const same = (a: Entry, b: Entry) => a.own === b.own && a.author === b.author && a.name === b.name

function ofLog(said: Said): Entry {
  return {
    id: said.id,
    own: said.own,
    author: said.author,
    name: said.name ?? '',
    automatic: said.automatic,
    text: said.text,
    at: Date.parse(said.at),
    state: 'said',
    files: said.files ?? [],
    links: said.links ?? [],
    choices: said.choices ?? [],
    chosen: said.own ? said.pressed || undefined : undefined,
    open: false,
    place: said.place,
    form: said.form ?? [],
    first: true,
    last: true,
  }
}

function ofOutbox(item: Item): Entry {
  return {
    id: item.key,
    own: true,
    author: 'citizen',
    name: '',
    automatic: false,
    text: item.text,
    at: item.at,
    state: item.state === 'waiting' && item.tries > 0 ? 'late' : item.state,
    problem: item.problem,
    files: item.files,
    links: [],
    choices: [],
    chosen: item.pressed,
    open: false,
    form: [],
    first: true,
    last: true,
  }
}

/** awaited reports whether the bot's answer is to be expected any moment. */
export function awaited(list: Entry[], now: number): boolean {
  const last = list.at(-1)
  if (!last?.own || (last.state !== 'sent' && last.state !== 'said') || now - last.at > patience) return false
  const answered = list.findLast((entry) => !entry.own && entry.author !== 'system')
  return answered?.author !== 'member' && answered?.author !== 'department'
}

/** patience bounds the dots: a bot that has not answered by then has handed over. */
export const patience = 12_000
