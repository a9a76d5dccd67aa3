import { defineStore } from 'pinia'
import { onScopeDispose, ref, shallowRef } from 'vue'
import { api, outcome } from '@/api/client'
import type { Problem } from '@/api/types'
import { useLive } from '@/stores/live'
import type { DutyNow } from './types'

/** Shifts begin and end by the clock, without anybody doing anything. */
const lookEvery = 60_000

/** Who is at the desk now, and what the member can do about it. */
export const useDuty = defineStore('duty', () => {
  const now = shallowRef<DutyNow>()
  const problem = ref<Problem>()

  async function load() {
    const answer = await outcome(api.GET('/duty'))
    problem.value = answer.problem
    now.value = answer.data ?? now.value
  }

  /** Does something, and looks at what became of it. */
  async function done(asked: Promise<{ problem?: Problem }>): Promise<Problem | undefined> {
    const { problem } = await asked
    await load()
    return problem
  }

  const take = (read: string[]) => done(outcome(api.POST('/duty/take', { body: { read } })))
  const stay = (until: string) => done(outcome(api.POST('/duty/stay', { body: { until } })))
  const handOver = (note: string) => done(outcome(api.POST('/duty/hand-over', { body: { note } })))
  const confirm = (id: string) => done(outcome(api.POST('/duty/hand-overs/{id}/confirm', { params: { path: { id } } })))

  function forget() {
    now.value = undefined
    problem.value = undefined
  }

  return { now, problem, load, forget, take, stay, handOver, confirm }
})

/** Keeps what a screen shows of the duty up to date while it is there. */
export function useDutyNow(changed: () => void) {
  const live = useLive()
  const look = () => {
    if (document.visibilityState === 'visible') changed()
  }
  const timer = setInterval(look, lookEvery)
  document.addEventListener('visibilitychange', look)
  const stop = live.listen((event) => {
    if (event.kind === 'duty.changed') changed()
  }, changed)
  onScopeDispose(() => {
    clearInterval(timer)
    document.removeEventListener('visibilitychange', look)
    stop()
  })
  changed()
}
