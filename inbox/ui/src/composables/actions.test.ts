import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, expect, it, vi } from 'vitest'
import { api } from '@/api/client'
import { useActions } from './actions'

beforeEach(() => setActivePinia(createPinia()))

function answers() {
  const asked: string[] = []
  const held: (() => void)[] = []
  const call = (path: string) =>
    new Promise((done) => {
      asked.push(path)
      held.push(() => done({ data: { id: 'c1', version: asked.length }, response: new Response() }))
    })
  vi.spyOn(api, 'POST').mockImplementation(((path: string) => call(path)) as never)
  vi.spyOn(api, 'PUT').mockImplementation(((path: string) => call(path)) as never)
  return { asked, next: () => held.shift()!() }
}

it('what is done meanwhile waits for what is on its way, and is done then', async () => {
  const server = answers()
  const actions = useActions()
  const reopened = actions.reopen('c1')
  const marked = actions.urgent('c1', true)
  await vi.waitFor(() => expect(server.asked).toEqual(['/conversations/{id}/reopen']))
  expect(actions.busy.value).toBe(true)
  server.next()
  expect(await reopened).toBe(true)
  await vi.waitFor(() => expect(server.asked).toHaveLength(2))
  server.next()
  expect(await marked).toBe(true)
  expect(actions.busy.value).toBe(false)
})

it('the same pressed twice is done once', async () => {
  const server = answers()
  const actions = useActions()
  const first = actions.resolve('c1')
  expect(await actions.resolve('c1')).toBe(false)
  await vi.waitFor(() => expect(server.asked).toHaveLength(1))
  server.next()
  expect(await first).toBe(true)
})
