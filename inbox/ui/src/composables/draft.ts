import { computed, ref } from 'vue'

/** Something kept in this browser until it is done with; survives a reload. */
export function useStored<T>(key: string, empty: () => T, isEmpty: (value: T) => boolean) {
  const held = ref(read()) as { value: T }

  function read(): T {
    try {
      const text = localStorage.getItem(key)
      return text === null ? empty() : (JSON.parse(text) as T)
    } catch {
      return empty()
    }
  }

  // Written at once and not by a watcher: what a slow answer puts back must be
  // kept even when the screen that waited for it has been left.
  return computed<T>({
    get: () => held.value,
    set(value) {
      held.value = value
      try {
        if (isEmpty(value)) localStorage.removeItem(key)
        else localStorage.setItem(key, JSON.stringify(value))
      } catch {
        // The browser's storage is full or forbidden: the draft lives as long as the page.
      }
    },
  })
}
