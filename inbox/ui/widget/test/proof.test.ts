import { createHash } from 'node:crypto'
import { afterEach, expect, it, vi } from 'vitest'
import { Api } from '../src/api'
import { solve } from '../src/proof'
import { Store } from '../src/store'

const hash = (salt: string, number: number) => createHash('sha256').update(salt + number).digest('hex')
const challenge = { salt: 'muối', hash: hash('muối', 1234), most: 3000, seal: 'niêm' }

afterEach(() => {
  vi.unstubAllGlobals()
  localStorage.clear()
})

it('finds the number that was hidden', async () => {
  expect(await solve(challenge)).toEqual({ salt: 'muối', number: 1234, seal: 'niêm' })
  expect(await solve({ ...challenge, hash: hash('muối', 5000) })).toBeUndefined()
})

/** hub asks the first time, and lets in whoever brings the number. */
function hub(asked: unknown[]) {
  vi.stubGlobal('fetch', async (_: URL, init: RequestInit) => {
    asked.push(init.body)
    if (!init.body) return Response.json({ code: 'proof', message: 'Chờ một chút', challenge }, { status: 429, headers: { 'Retry-After': '20' } })
    return Response.json({ token: 'mới', renewed: false })
  })
}

it('works for a session where the hub asks for it', async () => {
  const asked: unknown[] = []
  hub(asked)
  const store = new Store('t:', localStorage)
  await new Api(new URL('http://hub/chat/web/'), store).begin()
  expect(store.get('token')).toBe('mới')
  expect(asked).toEqual([undefined, JSON.stringify({ proof: { salt: 'muối', number: 1234, seal: 'niêm' } })])
})

it('waits as it is told where the browser cannot hash', async () => {
  const asked: unknown[] = []
  hub(asked)
  vi.stubGlobal('crypto', { getRandomValues: crypto.getRandomValues.bind(crypto) })
  const begun = new Api(new URL('http://hub/chat/web/'), new Store('t:', localStorage)).begin()
  await expect(begun).rejects.toMatchObject({ passing: true, after: 20_000 })
  expect(asked).toHaveLength(1)
})
