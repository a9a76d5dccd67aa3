import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import { api, outcome } from '@/api/client'
import type { Hold, Problem, Storage } from '@/api/types'
import { fileSize } from '@/composables/fileSize'
import { calendarDay, clockAndFullDay } from '@/composables/time'

/** What threatens the messages, the worst first. */
export type HouseTrouble = 'failing' | 'no_words' | 'no_files' | 'short' | 'damaged' | 'no_backup' | 'backup_late' | 'low' | 'backup_off'

export interface Told {
  kind: HouseTrouble
  /** Something is lost or refused already, or soon will be. */
  grave: boolean
  /** It can be put away until it changes: `mark` is what it is then compared with. */
  mark?: string
  words: { at: string; used: number; free: string; n: number; days: number }
}

const kept = 'house.closed'
const day = 86_400_000

/** How disk, store and backups are, and what is held after a restore, for those who look after the installation. */
export const useHouse = defineStore('house', () => {
  const storage = shallowRef<Storage>()
  const hold = shallowRef<Hold>()
  const closed = ref(closedBefore())

  async function load() {
    const [how, held] = await Promise.all([outcome(api.GET('/storage')), outcome(api.GET('/hold'))])
    if (how.data) storage.value = how.data
    if (!held.problem) hold.value = held.data
  }

  const troubles = computed<Told[]>(() => (storage.value ? told(storage.value).filter((one) => !one.mark || !closed.value.includes(one.mark)) : []))

  function close(one: Told) {
    if (!one.mark || !storage.value) return
    const known = told(storage.value).map((other) => other.mark)
    closed.value = [...closed.value.filter((mark) => known.includes(mark)), one.mark]
    localStorage.setItem(kept, JSON.stringify(closed.value))
  }

  /** Ends the holding; another may have done so meanwhile. */
  async function release(aside: boolean): Promise<Problem | undefined> {
    const { problem } = await outcome(api.PUT('/hold', { body: { aside } }))
    if (problem && problem.code !== 'not_found') return problem
    hold.value = undefined
    return undefined
  }

  return { storage, hold, troubles, load, close, release }
})

function told({ disk, failing_since, damaged, backup_late, last_backup, backup_off }: Storage): Told[] {
  const words = { at: failing_since ? clockAndFullDay(new Date(failing_since)) : '', used: disk.used, free: fileSize(disk.free), n: damaged, days: 0 }
  const all: Told[] = []
  if (failing_since) all.push({ kind: 'failing', grave: true, words })
  if (disk.level !== 'enough' && disk.level !== 'low') all.push({ kind: disk.level, grave: true, words })
  if (damaged > 0) all.push({ kind: 'damaged', grave: true, mark: `damaged ${damaged}`, words })
  if (backup_late) {
    // It grows worse by the day, so it is put away for the day only.
    const mark = `backup ${calendarDay(new Date())}`
    const made = last_backup ? new Date(last_backup) : undefined
    if (!made) all.push({ kind: 'no_backup', grave: false, mark, words })
    else all.push({ kind: 'backup_late', grave: false, mark, words: { ...words, at: clockAndFullDay(made), days: Math.max(1, Math.floor((Date.now() - made.getTime()) / day)) } })
  }
  if (disk.level === 'low') all.push({ kind: 'low', grave: false, mark: 'low', words })
  if (backup_off) all.push({ kind: 'backup_off', grave: false, mark: 'backup_off', words })
  return all
}

function closedBefore(): string[] {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(kept) ?? '[]')
    return Array.isArray(found) ? found.filter((mark) => typeof mark === 'string') : []
  } catch {
    return []
  }
}
