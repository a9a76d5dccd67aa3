import { expect, it } from 'vitest'
import { useSelection } from './selection'

it('rows are marked one by one, up to here, and all; what has left the list is not among them', () => {
  let ids = ['a', 'b', 'c', 'd', 'e']
  const selection = useSelection(() => ids)
  selection.toggle('b')
  selection.extend('d')
  expect(selection.selected.value).toEqual(['b', 'c', 'd'])
  selection.toggle('c')
  expect(selection.selected.value).toEqual(['b', 'd'])
  selection.extend('a')
  expect(selection.selected.value).toEqual(['a', 'b', 'c', 'd'])
  selection.all()
  expect(selection.selected.value).toHaveLength(5)
  ids = ['e', 'a']
  selection.keep(['a', 'b'])
  expect(selection.selected.value).toEqual(['a'])
  selection.clear()
  expect(selection.selected.value).toEqual([])
})
