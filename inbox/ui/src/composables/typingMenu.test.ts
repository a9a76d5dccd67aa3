import { describe, expect, it } from 'vitest'
import { ref } from 'vue'
import { useTypingMenu } from './typingMenu'

/** A box one types in, with a menu of three. */
function mount() {
  const box = ref(document.createElement('textarea'))
  const text = ref('')
  const menu = useTypingMenu(box, text, [
    { sign: '/', when: () => true, find: (words) => ['an', 'ba', 'bon'].filter((id) => id.startsWith(words)).map((id) => ({ id })), text: ({ id }) => `<${id}>` },
  ])
  const type = (typed: string) => {
    text.value = box.value.value = typed
    box.value.setSelectionRange(typed.length, typed.length)
    menu.look()
  }
  const press = (key: string, more: KeyboardEventInit = {}) => menu.press(new KeyboardEvent('keydown', { key, ...more }), () => {})
  return { menu, type, press, text }
}

describe('the menu over the box', () => {
  it('opens while one types, moves by arrows and inserts with Enter', async () => {
    const { menu, type, press, text } = mount()
    type('Dạ /b')
    expect(menu.open.value).toBe(true)
    expect(menu.found.value.map((one) => one.id)).toEqual(['ba', 'bon'])
    expect(press('ArrowDown')).toBe(true)
    expect(press('Enter')).toBe(true)
    await Promise.resolve()
    expect(text.value).toBe('Dạ <bon>')
    expect(press('Enter')).toBe(false)
  })
  it('closes with Escape until the next sign', () => {
    const { menu, type, press } = mount()
    type('/b')
    press('Escape')
    expect(menu.open.value).toBe(false)
    type('/ba')
    expect(menu.open.value).toBe(false)
    type('/ba /')
    expect(menu.open.value).toBe(true)
  })
  it('gives way once nothing fits and a sentence follows', () => {
    const { menu, type } = mount()
    type('/xyz')
    expect(menu.open.value).toBe(true)
    type('/xyz và')
    expect(menu.open.value).toBe(false)
  })
  it('leaves the keys to an input method that composes', () => {
    const { type, press } = mount()
    type('/b')
    expect(press('Enter', { isComposing: true })).toBe(false)
  })
})
