/** What a single key of the desk does. Names go to the server with the member's own keys. */
export const deskActions = [
  { name: 'down', key: 'j' },
  { name: 'up', key: 'k' },
  { name: 'next', key: 'l' },
  { name: 'select', key: 'x' },
  { name: 'take', key: 't' },
  { name: 'reply', key: 'r' },
  { name: 'note', key: 'n' },
  { name: 'assign', key: 'a' },
  { name: 'department', key: 'd' },
  { name: 'promise', key: 'p' },
  { name: 'snooze', key: 's' },
  { name: 'urgent', key: 'u' },
  { name: 'resolve', key: 'e' },
  { name: 'find', key: '/' },
  { name: 'help', key: '?' },
] as const

export type DeskAction = (typeof deskActions)[number]['name']

/** Keys that stay what they are, by what they do. */
export const fixedKeys = [
  { does: 'open', key: 'Enter' },
  { does: 'back', key: 'Esc' },
  { does: 'search', key: 'Ctrl+K' },
  { does: 'send', key: 'Ctrl+Enter' },
] as const

/** One key is one of these: letters without marks, digits, and what stands beside them. */
const single = /^[a-z0-9/.,;'?=-]$/

/**
 * The key of each action: the member's own where there is one, else the desk's.
 * Where the desk's own is taken by what the member chose, the action has none.
 */
export function keysOf(chosen: Readonly<Record<string, string>>): Record<DeskAction, string> {
  const taken = new Set(deskActions.flatMap(({ name }) => chosen[name] ?? []))
  return Object.fromEntries(
    deskActions.map(({ name, key }) => [name, chosen[name] ?? (taken.has(key) ? '' : key)]),
  ) as Record<DeskAction, string>
}

/** What a key press would make the key of an action: the key, or why it cannot be. */
export function keyFrom(event: KeyboardEvent): { key: string } | { refused: 'single' } {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key
  if (event.ctrlKey || event.metaKey || event.altKey || !single.test(key)) return { refused: 'single' }
  return { key }
}

/** The action that has the key already, if another one does. */
export function holderOf(keys: Record<DeskAction, string>, key: string, but: DeskAction): DeskAction | undefined {
  return deskActions.find(({ name }) => name !== but && keys[name] === key)?.name
}

