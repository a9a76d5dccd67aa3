import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { ref } from 'vue'
import { useLive } from '@/stores/live'
import { useSession } from '@/stores/session'
import { conversation, inScope, serve } from '@/testing/made'
import { usePresence } from './presence'

beforeEach(() => {
  vi.useFakeTimers()
  setActivePinia(createPinia())
  useSession().enter({ id: 'lan', login: 'lan', name: 'Lan', role: 'operator', departments: [], must_change_password: false, second_factor: false, must_add_factor: false, team_chat: false, organisation: '' })
})
afterEach(() => vi.useRealTimers())

let number = 0
const tell = (member: string, doing: 'here' | 'writing' | 'gone') =>
  useLive().take({ number: ++number, event: { kind: 'member.present', conversation: conversation('c'), member, doing } })

function attend(others: object[] = []) {
  const asked = serve({ 'PUT /conversations/c/presence': () => others })
  const text = ref('')
  const { made, stop } = inScope(() => usePresence('c', () => text.value))
  const said = () => asked.map((one) => (one.body as { doing: string }).doing)
  return { made, stop, text, said, names: () => made.others.value.map((one) => `${one.member} ${one.doing}`) }
}

it('says that it is here, writes, and has gone', async () => {
  const { text, said, stop } = attend()
  await vi.advanceTimersByTimeAsync(0)
  text.value = 'Dạ'
  await vi.advanceTimersByTimeAsync(20_000)
  expect(said()).toEqual(['here', 'writing', 'writing'])
  await vi.advanceTimersByTimeAsync(20_000)
  expect(said().at(-1)).toBe('here')
  stop()
  await vi.advanceTimersByTimeAsync(0)
  expect(said().at(-1)).toBe('gone')
})

it('sees who else is here, and no longer once they fall silent', async () => {
  const { names, stop } = attend([{ member: 'minh', doing: 'here' }])
  await vi.advanceTimersByTimeAsync(0)
  expect(names()).toEqual(['minh here'])
  tell('minh', 'writing')
  expect(names()).toEqual(['minh writing'])
  serve({ 'PUT /conversations/c/presence': () => [] })
  await vi.advanceTimersByTimeAsync(60_000)
  expect(names()).toEqual([])
  stop()
})

it('lets whoever comes know at once that somebody is here', async () => {
  const { said, names, stop } = attend()
  await vi.advanceTimersByTimeAsync(0)
  tell('minh', 'here')
  await vi.advanceTimersByTimeAsync(0)
  expect(said()).toEqual(['here', 'here'])
  tell('lan', 'here')
  expect(names()).toEqual(['minh here'])
  tell('minh', 'gone')
  expect(names()).toEqual([])
  stop()
})
