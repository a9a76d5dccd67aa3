// Until when a matter is usually put to sleep, by the clock of the people who work here.

const zone = 7 * 60 * 60_000 // Việt Nam knows no summer time
const day = 24 * 60 * 60_000

export type SnoozeName = 'evening' | 'tomorrow' | 'monday'

export interface SnoozeTime {
  name: SnoozeName
  at: Date
}

/** A time of the day that is so many days after `now`. */
function clockOn(now: Date, days: number, hours: number, minutes: number): Date {
  const midnight = Math.floor((now.getTime() + zone) / day) * day - zone
  return new Date(midnight + days * day + (hours * 60 + minutes) * 60_000)
}

/** 0 is Sunday. */
const weekday = (now: Date) => new Date(now.getTime() + zone).getUTCDay()

/** This evening unless it has come, tomorrow morning, and the Monday after that. */
export function snoozeTimes(now: Date): SnoozeTime[] {
  const times: SnoozeTime[] = []
  const evening = clockOn(now, 0, 18, 0)
  if (evening.getTime() - now.getTime() > 60 * 60_000) times.push({ name: 'evening', at: evening })
  times.push({ name: 'tomorrow', at: clockOn(now, 1, 7, 30) })
  const toMonday = (8 - weekday(now)) % 7 || 7
  if (toMonday > 1) times.push({ name: 'monday', at: clockOn(now, toMonday, 7, 30) })
  return times
}

/** What is chosen in a field of day and time, "2026-11-21T14:30", is our time wherever the browser is. */
export function chosenTime(value: string): Date | undefined {
  const at = new Date(`${value}:00+07:00`)
  return value && !Number.isNaN(at.getTime()) ? at : undefined
}

/** The same field, filled with a time. */
export function fieldTime(at: Date): string {
  return new Date(at.getTime() + zone).toISOString().slice(0, 16)
}
