import { onBeforeUnmount, onMounted } from 'vue'

/** What each key does. Names are those of KeyboardEvent.key; "Ctrl+k" is ⌘K on a Mac too. */
export type Keys = Record<string, () => void>

/** Reports whether what is typed there is text, so that single letters are not ours. */
export function takesText(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  if (target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement) return true
  return target instanceof HTMLInputElement && !['checkbox', 'radio', 'button', 'submit', 'file'].includes(target.type)
}

/** Finds what a key press means, or nothing. */
export function keyAction(event: KeyboardEvent, keys: Keys): (() => void) | undefined {
  // Vietnamese input methods compose letters; what they do with keys is theirs.
  if (event.isComposing || event.defaultPrevented || event.altKey) return undefined
  if (event.ctrlKey || event.metaKey) return keys[`Ctrl+${event.key.toLowerCase()}`]
  if (takesText(event.target)) return undefined
  const target = event.target instanceof Element ? event.target : undefined
  // An open menu or dialog has its own keys, and Enter on a button presses the button.
  if (target?.closest('[role="dialog"], [role="menu"], [role="listbox"]')) return undefined
  if (event.key === 'Enter' && target?.closest('button, a, summary')) return undefined
  // Shift is part of "?" on most keyboards, but Shift+E is not e.
  return keys[event.key]
}

/**
 * Listens for keys on the whole page while the component is there. `silent`
 * tells when they are somebody else's: from the press that opens a dialog on,
 * what one types is meant for the dialog, even before it has the focus.
 */
export function useKeys(keys: () => Keys, silent: () => boolean) {
  function press(event: KeyboardEvent) {
    const action = silent() ? undefined : keyAction(event, keys())
    if (!action) return
    event.preventDefault()
    action()
  }
  onMounted(() => document.addEventListener('keydown', press))
  onBeforeUnmount(() => document.removeEventListener('keydown', press))
}
