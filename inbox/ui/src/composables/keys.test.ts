import { beforeEach, describe, expect, it, vi } from 'vitest'
import { keyAction } from './keys'

const keys = { j: vi.fn(), e: vi.fn(), '?': vi.fn(), Enter: vi.fn(), 'Ctrl+k': vi.fn() }
beforeEach(() => (document.body.innerHTML = ''))

function press(key: string, html: string, more: KeyboardEventInit = {}) {
  document.body.innerHTML = html
  let action: (() => void) | undefined
  const listen = (event: KeyboardEvent) => (action = keyAction(event, keys))
  document.addEventListener('keydown', listen, { once: true })
  const target = document.body.querySelector('[data-here]') ?? document.body
  target.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, ...more }))
  return action
}

describe('single letters', () => {
  it('act on the page', () => expect(press('j', '<p data-here></p>')).toBe(keys.j))
  it('act from a pressed button', () => expect(press('e', '<button data-here></button>')).toBe(keys.e))
  it.each(['<textarea data-here></textarea>', '<input data-here>', '<select data-here></select>'])('are text in %s', (html) =>
    expect(press('e', html)).toBeUndefined(),
  )
  it('belong to an open dialog', () => expect(press('e', '<div role="dialog"><p data-here></p></div>')).toBeUndefined())
  it('belong to the input method while it composes', () => expect(press('e', '<p data-here></p>', { isComposing: true })).toBeUndefined())
  it('are not ours with Alt or Ctrl', () => {
    expect(press('e', '<p data-here></p>', { altKey: true })).toBeUndefined()
    expect(press('e', '<p data-here></p>', { ctrlKey: true })).toBeUndefined()
  })
  it('E is not e', () => expect(press('E', '<p data-here></p>', { shiftKey: true })).toBeUndefined())
  it('? is there on every keyboard', () => expect(press('?', '<p data-here></p>', { shiftKey: true })).toBe(keys['?']))
})

describe('other keys', () => {
  it('Enter on a link follows the link', () => expect(press('Enter', '<a href="#" data-here></a>')).toBeUndefined())
  it('Ctrl+K works while writing, as ⌘K does', () => {
    expect(press('k', '<textarea data-here></textarea>', { ctrlKey: true })).toBe(keys['Ctrl+k'])
    expect(press('K', '<textarea data-here></textarea>', { metaKey: true })).toBe(keys['Ctrl+k'])
  })
})
