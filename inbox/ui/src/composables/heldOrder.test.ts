import { describe, expect, it } from 'vitest'
import { ref, shallowRef } from 'vue'
import { useHeldOrder } from './heldOrder'

function held(first: string[]) {
  const live = shallowRef(first)
  const on = ref(false)
  return { live, on, order: useHeldOrder(() => live.value, () => on.value) }
}

describe('a list under the pointer', () => {
  it('follows the live order while nobody points at it', () => {
    const { live, order } = held(['a', 'b'])
    live.value = ['c', 'b', 'a']
    expect(order.ids.value).toEqual(['c', 'b', 'a'])
    expect(order.fresh.value).toBe(0)
  })

  it('stands still while held, and counts what is new', () => {
    const { live, on, order } = held(['a', 'b'])
    on.value = true
    live.value = ['c', 'd', 'a', 'b']
    expect(order.ids.value).toEqual(['a', 'b'])
    expect(order.fresh.value).toBe(2)
  })

  it('counts a row that has risen above the first', () => {
    const { live, on, order } = held(['a', 'b', 'c'])
    on.value = true
    live.value = ['c', 'a', 'b']
    expect(order.ids.value).toEqual(['a', 'b', 'c'])
    expect(order.fresh.value).toBe(1)
  })

  it('a row that left stays where it was until let go', () => {
    const { live, on, order } = held(['a', 'b'])
    on.value = true
    live.value = ['b']
    expect(order.ids.value).toEqual(['a', 'b'])
    on.value = false
    expect(order.ids.value).toEqual(['b'])
  })

  it('a press on the pill shows the live order and holds that', () => {
    const { live, on, order } = held(['a'])
    on.value = true
    live.value = ['b', 'a']
    order.release()
    expect(order.ids.value).toEqual(['b', 'a'])
    live.value = ['c', 'b', 'a']
    expect(order.ids.value).toEqual(['b', 'a'])
    expect(order.fresh.value).toBe(1)
  })

  it('a further page goes below', () => {
    const { live, on, order } = held(['a', 'b'])
    on.value = true
    live.value = ['x', 'a', 'b', 'c', 'd']
    order.append(['c', 'd'])
    expect(order.ids.value).toEqual(['a', 'b', 'c', 'd'])
    expect(order.fresh.value).toBe(1)
  })
})
