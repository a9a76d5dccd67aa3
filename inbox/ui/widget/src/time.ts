import type { Words } from './words'

/** Vietnam has kept UTC+7 without summer time since 1975, so arithmetic will do. */
const offset = 7 * 3600_000

const two = (n: number) => String(n).padStart(2, '0')

function parts(at: number) {
  const d = new Date(at + offset)
  return {
    clock: `${two(d.getUTCHours())}:${two(d.getUTCMinutes())}`,
    day: `${two(d.getUTCDate())}/${two(d.getUTCMonth() + 1)}`,
    year: d.getUTCFullYear(),
    weekday: d.getUTCDay(),
    number: Math.floor((at + offset) / 86400_000),
  }
}

/** ago is relative up to a day, then clock and date. */
export function ago(at: number, now: number, w: Words): string {
  const minutes = Math.floor((now - at) / 60_000)
  if (minutes < 1) return w.now
  if (minutes < 60) return w.minutes(minutes)
  if (minutes < 24 * 60) return w.hours(Math.floor(minutes / 60))
  const p = parts(at)
  return `${p.clock} ${p.day}`
}

/** exact is all of it, for hovering. */
export function exact(at: number): string {
  const p = parts(at)
  return `${p.clock} ${p.day}/${p.year}`
}

/** opening is when people come: the clock today, with the day before it otherwise. */
export function opening(at: number, now: number, w: Words): string {
  const p = parts(at)
  if (p.number === parts(now).number) return p.clock
  return `${p.clock} ${w.weekdays[p.weekday]} ${p.day}`
}
