import { computed, shallowRef } from 'vue'

/** Which rows of a list are marked, for what is done with many at once. */
export function useSelection(ids: () => readonly string[]) {
  const marked = shallowRef<ReadonlySet<string>>(new Set())
  /** Rows can be marked by pressing them; on until it is left. */
  const marking = shallowRef(false)
  let anchor: string | undefined

  const selected = computed(() => ids().filter((id) => marked.value.has(id)))

  function toggle(id: string) {
    const next = new Set(marked.value)
    if (!next.delete(id)) next.add(id)
    marked.value = next
    anchor = id
  }

  /** Marks everything from the row marked last to this one. */
  function extend(id: string) {
    const all = ids()
    const from = all.indexOf(anchor ?? '')
    const to = all.indexOf(id)
    if (from < 0 || to < 0) return toggle(id)
    marked.value = new Set([...marked.value, ...all.slice(Math.min(from, to), Math.max(from, to) + 1)])
    anchor = id
  }

  function keep(those: readonly string[]) {
    marked.value = new Set(those)
  }

  function clear() {
    marked.value = new Set()
    marking.value = false
    anchor = undefined
  }

  return { selected, marking, toggle, extend, keep, clear, has: (id: string) => marked.value.has(id), all: () => keep(ids()) }
}
