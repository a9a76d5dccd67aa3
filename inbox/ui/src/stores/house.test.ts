import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { refusal, serve } from '@/testing/made'
import { useHouse } from './house'

beforeEach(() => {
  setActivePinia(createPinia())
  localStorage.clear()
})
afterEach(() => vi.useRealTimers())

const disk = (level: string) => ({ level, used: 91, free: 900 * 1024 * 1024 })
const nothingHeld = { 'GET /hold': () => new Response(null, { status: 204 }) }

describe('what threatens the messages', () => {
  it.each([
    ['nothing while all is well', { disk: disk('enough'), damaged: 0 }, []],
    ['a disk that fills', { disk: disk('low'), damaged: 0 }, ['low']],
    ['a disk that is nearly full', { disk: disk('short'), damaged: 0 }, ['short']],
    ['a disk too full for files', { disk: disk('no_files'), damaged: 0 }, ['no_files']],
    ['a backup that was never made', { disk: disk('enough'), damaged: 0, backup_late: true }, ['no_backup']],
    ['a backup that is late, before a disk that fills', { disk: disk('low'), damaged: 0, backup_late: true, last_backup: '2026-11-20T18:30:00Z' }, ['backup_late', 'low']],
    ['that no backups are made, after all else', { disk: disk('low'), damaged: 0, backup_late: false, backup_off: true }, ['low', 'backup_off']],
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

  it.each([
    ['that is late', { backup_late: true, last_backup: '2026-11-20T18:30:00Z' }, 'backup_late'],
    ['that was never made', { backup_late: true }, 'no_backup'],
  ])('is told anew the next day where a backup %s was put away', async (_, backup, kind) => {
    vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-11-22T02:00:00Z') })
    serve({ ...nothingHeld, 'GET /storage': () => ({ disk: disk('enough'), damaged: 0, ...backup }) })
    const house = useHouse()
    await house.load()
    for (const one of house.troubles) house.close(one)
    await house.load()
    expect(house.troubles).toEqual([])
    vi.setSystemTime(new Date('2026-11-23T02:00:00Z'))
    await house.load()
    expect(house.troubles.map((one) => one.kind)).toEqual([kind])
  })

  it('tells how many whole days the newest backup is old, and at least one', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-11-23T21:00:00Z') })
    const days = async (last_backup: string) => {
      serve({ ...nothingHeld, 'GET /storage': () => ({ disk: disk('enough'), damaged: 0, backup_late: true, last_backup }) })
      const house = useHouse()
      await house.load()
      return house.troubles[0]?.words.days
    }
    expect(await days('2026-11-20T18:30:00Z')).toBe(3)
    expect(await days('2026-11-22T18:30:00Z')).toBe(1)
    expect(await days('2026-11-24T18:30:00Z')).toBe(1) // the clock of this machine is behind
  })
})

describe('what is held after a restore', () => {
  it('is told until it is held no more', async () => {
    let held = true
    serve({
      'GET /storage': () => ({ disk: disk('enough'), damaged: 0 }),
      'GET /hold': () => (held ? { backup_at: '2026-11-21T02:00:00Z' } : new Response(null, { status: 204 })),
    })
    const house = useHouse()
    await house.load()
    expect(house.hold?.backup_at).toBe('2026-11-21T02:00:00Z')
    held = false
    await house.load()
    expect(house.hold).toBeUndefined()
  })

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
