/** Where a row stands in a view; rows are sorted by rank, then id. */
export interface Position {
  rank: string
  id: string
}

/** Ranks are compared as plain bytes, as the server sorted them; never by the rules of a language. */
export function compare(a: Position, b: Position): number {
  if (a.rank !== b.rank) return a.rank < b.rank ? -1 : 1
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0
}

/**
 * Rows in order. A change costs a search and a move, not another sort: whoever
 * scrolls through a hundred thousand rows gets a page of them several times a second.
 */
export class RowOrder {
  private rows: Position[] = []
  private readonly placed = new Map<string, Position>()

  /** Takes these and no others. */
  reset(positions: Iterable<Position>): void {
    this.rows = [...positions].sort(compare)
    this.placed.clear()
    for (const row of this.rows) this.placed.set(row.id, row)
  }

  /** Puts a row in its place, or out of the list. Says whether anything is different now. */
  put(id: string, position: Position | undefined): boolean {
    const was = this.placed.get(id)
    if (was?.rank === position?.rank) return false
    if (was) this.rows.splice(this.after(was) - 1, 1)
    if (!position) return this.placed.delete(id)
    this.rows.splice(this.after(position), 0, position)
    this.placed.set(id, position)
    return true
  }

  /** The ids, to the end or as far as a position, that included. */
  ids(to?: Position): string[] {
    const end = to ? this.after(to) : this.rows.length
    const ids = new Array<string>(end)
    for (let i = 0; i < end; i++) ids[i] = this.rows[i]!.id
    return ids
  }

  /** How many rows come before a position, or stand at it. */
  private after(position: Position): number {
    let low = 0
    let high = this.rows.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (compare(this.rows[middle]!, position) <= 0) low = middle + 1
      else high = middle
    }
    return low
  }
}
