import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it } from 'vitest'
import { refusal, serve } from '@/testing/made'
import { useHouse } from './house'

beforeEach(() => {
  setActivePinia(createPinia())
  localStorage.clear()
})

const disk = (level: string) => ({ level, used: 91, free: 900 * 1024 * 1024 })
const nothingHeld = { 'GET /hold': () => refusal(404, 'not_found', '') }

describe('what threatens the messages', () => {
  it.each([
    ['nothing while all is well', { disk: disk('enough'), damaged: 0 }, []],
    ['a disk that fills', { disk: disk('low'), damaged: 0 }, ['low']],
    ['a disk that is nearly full', { disk: disk('short'), damaged: 0 }, ['short']],
    ['a disk too full for files', { disk: disk('no_files'), damaged: 0 }, ['no_files']],
    ['a backup that was never made', { disk: disk('enough'), damaged: 0, backup_late: true }, ['no_backup']],
    ['a backup that is late, before a disk that fills', { disk: disk('low'), damaged: 0, backup_late: true, last_backup: '2026-11-20T18:30:00Z' }, ['backup_late', 'low']],
    ['the store that cannot be written comes before damage', { disk: disk('low'), damaged: 2, failing_since: '2026-11-21T02:00:00Z' }, ['failing', 'damaged', 'low']],
  ])('is %s', async (_, storage, kinds) => {
    serve({ ...nothingHeld, 'GET /storage': () => storage })
    const house = useHouse()
    await house.load()
    expect(house.troubles.map((one) => one.kind)).toEqual(kinds)
  })

  it('keeps what was known when the server is silent', async () => {
    let silent = false
    serve({
      'GET /storage': () => (silent ? refusal(503, 'unavailable', '') : { disk: disk('no_words'), damaged: 0 }),
      'GET /hold': () => (silent ? refusal(503, 'unavailable', '') : { backup_at: '2026-11-21T02:00:00Z' }),
    })
    const house = useHouse()
    await house.load()
    silent = true
    await house.load()
    expect([house.troubles.map((one) => one.kind), house.hold?.backup_at]).toEqual([['no_words'], '2026-11-21T02:00:00Z'])
  })

  it('can be put away where nothing is refused yet, until more is damaged', async () => {
    let damaged = 2
    serve({ ...nothingHeld, 'GET /storage': () => ({ disk: disk('no_files'), damaged }) })
    const house = useHouse()
    await house.load()
    for (const one of house.troubles) house.close(one)
    expect(house.troubles.map((one) => one.kind)).toEqual(['no_files'])
    damaged = 3
    await house.load()
    expect(house.troubles.map((one) => one.kind)).toEqual(['no_files', 'damaged'])
  })
})

describe('what is held after a restore', () => {
  it('is gone once it was released, by whomever', async () => {
    const asked = serve({
      'GET /storage': () => ({ disk: disk('enough'), damaged: 0 }),
      'GET /hold': () => ({ backup_at: '2026-11-21T02:00:00Z' }),
      'PUT /hold': () => refusal(404, 'not_found', ''),
    })
    const house = useHouse()
    await house.load()
    expect(await house.release(true)).toBeUndefined()
    expect(house.hold).toBeUndefined()
    expect(asked.at(-1)?.body).toEqual({ aside: true })
  })

  it('stays held when the server does not answer', async () => {
    serve({
      'GET /storage': () => ({ disk: disk('enough'), damaged: 0 }),
      'GET /hold': () => ({ backup_at: '2026-11-21T02:00:00Z' }),
      'PUT /hold': () => refusal(503, 'unavailable', ''),
    })
    const house = useHouse()
    await house.load()
    expect((await house.release(false))?.code).toBe('unavailable')
    expect(house.hold).toBeDefined()
  })
})
