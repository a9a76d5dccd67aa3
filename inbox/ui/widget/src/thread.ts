import type { Said } from './wire'

/** Thread is what was said, as the hub's log has it, each thing once. */
export class Thread {
  private readonly byId = new Map<string, Said>()
  private sorted: Said[] | undefined

  /** add returns what was new in list. */
  add(list: Said[]): Said[] {
    const fresh = list.filter((said) => !this.byId.has(said.id))
    for (const said of list) this.byId.set(said.id, said)
    if (list.length > 0) this.sorted = undefined
    return fresh
  }

  clear(): void {
    this.byId.clear()
    this.sorted = undefined
  }

  /**
   * list is in the order of the conversations' own numbers, and between
   * conversations in that of time: somebody may still answer an older matter.
   */
  list(): Said[] {
    return (this.sorted ??= order([...this.byId.values()]))
  }

  /** code is that of the matter spoken of last. */
  get code(): string {
    return this.list().at(-1)?.code ?? ''
  }
}

function order(list: Said[]): Said[] {
  list.sort((a, b) => compare(a.conversation, b.conversation) || a.seq - b.seq)
  const when = new Map<Said, number>()
  let before: Said | undefined
  for (const said of list) {
    const earliest = before?.conversation === said.conversation ? when.get(before)! : 0
    when.set(said, Math.max(earliest, Date.parse(said.at)))
    before = said
  }
  return list.sort(
    (a, b) => when.get(a)! - when.get(b)! || compare(a.conversation, b.conversation) || a.seq - b.seq,
  )
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
