import { computed, shallowRef, watch } from 'vue'

/**
 * Keeps a live list from jumping under the pointer. While held, the rows stay
 * where they are (their contents go on changing) and what would have come in
 * above them is counted; letting go shows the live order.
 */
export function useHeldOrder(live: () => readonly string[], held: () => boolean) {
  const frozen = shallowRef<readonly string[]>()
  watch(held, (now) => (frozen.value = now ? [...live()] : undefined), { immediate: true, flush: 'sync' })

  const ids = computed(() => frozen.value ?? live())

  /** Rows that are new, or have risen above the first row shown. */
  const fresh = computed(() => {
    if (!frozen.value) return 0
    const shown = new Set(frozen.value)
    const present = live()
    const here = new Set(present)
    const first = present.indexOf(frozen.value.find((id) => here.has(id)) ?? '')
    return present.filter((id, i) => !shown.has(id) || i < first).length
  })

  /** Shows the live order now, and holds that from here on. */
  function release() {
    if (frozen.value) frozen.value = [...live()]
  }

  /** A further page goes below what is held. */
  function append(more: readonly string[]) {
    if (!frozen.value) return
    const shown = new Set(frozen.value)
    const below = more.filter((id) => !shown.has(id))
    // A new list that says the same would be drawn, and drawing asks for the next page: for ever.
    if (below.length > 0) frozen.value = [...frozen.value, ...below]
  }

  return { ids, fresh, release, append }
}
