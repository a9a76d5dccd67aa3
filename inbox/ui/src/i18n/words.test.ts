import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { i18n } from '.'
import { en } from './en'
import { vi } from './vi'

const source = `${import.meta.dirname}/../`

function flat(words: object, path = ''): Record<string, string> {
  return Object.fromEntries(
    Object.entries(words).flatMap(([key, value]) =>
      typeof value === 'string' ? [[path + key, value]] : Object.entries(flat(value as object, `${path}${key}.`)),
    ),
  )
}
const vietnamese = flat(vi)
const english = flat(en)

function used(): string[] {
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((f) => /\.(vue|ts)$/.test(f) && !f.endsWith('.test.ts'))
  return files.flatMap((f) => [...readFileSync(source + f, 'utf8').matchAll(/\bt\(\s*'([\w.]+)'/g)].map((m) => m[1]!))
}

describe('words', () => {
  it('every one that a screen asks for is there', () => {
    expect(used().filter((key) => !(key in vietnamese))).toEqual([])
  })

  it('every act on record has its name', () => {
    const acts = [...readFileSync(`${source}../../audit.go`, 'utf8').matchAll(/ Action = "([a-z._]+)"/g)].map((m) => m[1]!)
    // Shown in the thread only.
    const told = /^contact\.(opened|followed|unfollowed|shared)$|^conversation\.(yielded_there|given_back|rated|doubled)$|^promise\.broken$/
    expect(acts.length).toBeGreaterThan(80)
    expect(acts.filter((act) => !told.test(act) && !(`audit.${act.replace('.', '_')}` in vietnamese))).toEqual([])
  })

  it('both languages fill in the same blanks', () => {
    const blanks = (text: string | undefined) => [...(text ?? '').matchAll(/\{\w+\}/g)].map(String).sort()
    for (const key of Object.keys(vietnamese)) expect([key, ...blanks(english[key])]).toEqual([key, ...blanks(vietnamese[key])])
  })

  it('every one can be shown', () => {
    for (const locale of ['vi', 'en'] as const) {
      i18n.global.locale.value = locale
      for (const key of Object.keys(vietnamese)) expect(i18n.global.t(key, { n: 1 })).not.toBe(key)
    }
    i18n.global.locale.value = 'vi'
  }, 60_000) // thousands of words are compiled
})
