import { computed, nextTick, ref, watch, type Ref } from 'vue'
import { typedAfter, type Typed } from './typing'

/** What a menu offers for the words typed after its sign. */
export interface Offers<T> {
  sign: string
  /** The menu is there only while this says so. */
  when: () => boolean
  find: (words: string) => T[]
  /** What is put in the place of sign and words. */
  text: (picked: T) => string
}

/**
 * The menus that open while one types in a box: where the caret stands decides
 * which. Arrows move, Enter and Tab insert, Esc closes until the next sign.
 */
export function useTypingMenu<T extends { id: string }>(box: Ref<HTMLTextAreaElement | null>, text: Ref<string>, menus: readonly Offers<T>[]) {
  const typed = ref<Typed>()
  const active = ref(0)
  /** Closed by hand: the menu of this sign stays away. */
  const dismissed = ref<number>()

  const menu = computed(() => menus.find((m) => m.sign === typed.value?.sign && m.when()))
  const found = computed(() => (menu.value && typed.value ? menu.value.find(typed.value.words).slice(0, 30) : []))
  const open = computed(
    // Once nothing fits, more words make it a sentence with a stroke in it and no search.
    () => menu.value !== undefined && typed.value!.from !== dismissed.value && (found.value.length > 0 || !/\s/.test(typed.value!.words)),
  )
  watch(() => typed.value?.words, () => (active.value = 0))

  /** Looks where the caret stands now. */
  function look() {
    const at = box.value
    const caret = at && at.selectionStart === at.selectionEnd ? at.selectionStart : undefined
    typed.value = caret === undefined ? undefined : typedAfter(menus.map((m) => m.sign), at!.value, caret)
    if (!typed.value) dismissed.value = undefined
  }

  function close() {
    dismissed.value = typed.value?.from
  }

  async function pick(index: number): Promise<T | undefined> {
    const one = found.value[index]
    const at = typed.value
    if (!one || !at || !menu.value) return undefined
    const put = menu.value.text(one)
    text.value = text.value.slice(0, at.from) + put + text.value.slice(at.to)
    typed.value = undefined
    await nextTick()
    box.value?.focus()
    box.value?.setSelectionRange(at.from + put.length, at.from + put.length)
    return one
  }

  /** Opens the menu where the caret stands, as if the sign had been typed. */
  async function begin(sign: string) {
    const at = box.value?.selectionEnd ?? text.value.length
    const lead = at > 0 && !/\s/.test(text.value[at - 1]!) ? ` ${sign}` : sign
    text.value = text.value.slice(0, at) + lead + text.value.slice(at)
    await nextTick()
    box.value?.focus()
    box.value?.setSelectionRange(at + lead.length, at + lead.length)
    look()
  }

  /** Reports whether the key was the menu's. */
  function press(event: KeyboardEvent, picked: (one: T) => void): boolean {
    if (!open.value || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return false
    const last = found.value.length - 1
    switch (event.key) {
      case 'ArrowDown':
        active.value = active.value >= last ? 0 : active.value + 1
        break
      case 'ArrowUp':
        active.value = active.value <= 0 ? last : active.value - 1
        break
      case 'Enter':
      case 'Tab':
        if (last < 0 || event.shiftKey) return false
        void pick(active.value).then((one) => one && picked(one))
        break
      case 'Escape':
        close()
        break
      default:
        return false
    }
    event.preventDefault()
    event.stopPropagation()
    return true
  }

  return { menu, found, open, active, look, pick, press, begin }
}
