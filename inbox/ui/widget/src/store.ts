/**
 * Store is what the browser keeps for this channel on this page's origin. Where
 * the browser refuses, it keeps until the page is left, and says so.
 */
export class Store {
  readonly kept: boolean
  private readonly memory = new Map<string, string>()

  constructor(
    private readonly prefix: string,
    private readonly storage: Storage | undefined,
  ) {
    this.kept = this.works()
  }

  private works(): boolean {
    const probe = `${this.prefix}probe`
    try {
      this.storage!.setItem(probe, '1')
      this.storage!.removeItem(probe)
      return true
    } catch {
      return false
    }
  }

  get(name: string): string | null {
    return (this.kept ? this.storage!.getItem(this.prefix + name) : null) ?? this.memory.get(name) ?? null
  }

  /** set falls back to memory when the quota is used up. */
  set(name: string, value: string): void {
    this.memory.delete(name)
    try {
      if (!this.kept) throw new Error('not kept')
      this.storage!.setItem(this.prefix + name, value)
    } catch {
      this.memory.set(name, value)
    }
  }

  remove(name: string): void {
    this.memory.delete(name)
    if (this.kept) this.storage!.removeItem(this.prefix + name)
  }

  /** names lists what is kept under names beginning with start. */
  names(start: string): string[] {
    const found = new Set([...this.memory.keys()].filter((name) => name.startsWith(start)))
    if (this.kept) {
      for (let i = 0; i < this.storage!.length; i++) {
        const name = this.storage!.key(i)
        if (name?.startsWith(this.prefix + start)) found.add(name.slice(this.prefix.length))
      }
    }
    return [...found]
  }

  /** watch tells which name another tab changed. */
  watch(told: (name: string) => void): void {
    if (!this.kept) return
    addEventListener('storage', (event) => {
      if (event.storageArea === this.storage && event.key?.startsWith(this.prefix)) told(event.key.slice(this.prefix.length))
    })
  }
}

/** browserStorage is undefined where reading the property alone is refused. */
export function browserStorage(kind: 'localStorage' | 'sessionStorage'): Storage | undefined {
  try {
    return window[kind]
  } catch {
    return undefined
  }
}
