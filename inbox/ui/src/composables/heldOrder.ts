import { computed, shallowRef, watch } from 'vue'

/**
 * Keeps a live list from jumping under the pointer. While held, the rows stay
 * where they are (their contents go on changing) and what would have come in
 * above them is counted; letting go shows the live order.
 */
export function useHeldOrder(live: () => readonly string[], held: () => boolean) {
  const frozen = shallowRef<readonly string[]>()
  /** The same as `frozen`, to look in. */
  let shown = new Set<string>()

  function freeze() {
    shown = new Set(live())
    frozen.value = [...live()]
  }
  watch(held, (now) => (now ? freeze() : (frozen.value = undefined)), { immediate: true, flush: 'sync' })

  const ids = computed(() => frozen.value ?? live())

  /** Rows that are new, or have risen above the first row shown. */
  const fresh = computed(() => {
    if (!frozen.value) return 0
    const present = live()
    const first = firstOf(frozen.value, present)
    let count = 0
    for (let i = 0; i < present.length; i++) if (i < first || !shown.has(present[i]!)) count++
    return count
  })

  /** Shows the live order now, and holds that from here on. */
  function release() {
    if (frozen.value) freeze()
  }

  /** A further page goes below what is held. */
  function append(more: readonly string[]) {
    if (!frozen.value) return
    const below = more.filter((id) => !shown.has(id))
    for (const id of below) shown.add(id)
    // A new list that says the same would be drawn, and drawing asks for the next page: for ever.
    if (below.length > 0) frozen.value = [...frozen.value, ...below]
  }

  return { ids, fresh, release, append }
}

/** Where the first of these that is still present stands; -1 when none is. */
function firstOf(ids: readonly string[], present: readonly string[]): number {
  const here = present.indexOf(ids[0] ?? '')
  if (here >= 0) return here
  const all = new Set(present)
  return present.indexOf(ids.find((id) => all.has(id)) ?? '')
}
