// Days as the roster names them, "2026-11-23", in Vietnam. Nothing here depends on
// the zone of the browser.

const dayOf = new Intl.DateTimeFormat('en-CA', { timeZone: 'Asia/Ho_Chi_Minh', year: 'numeric', month: '2-digit', day: '2-digit' })

const utc = (day: string) => new Date(`${day}T00:00:00Z`)

/** The day that a moment lies in. */
export function dayAt(at: Date): string {
  return dayOf.format(at)
}

export function addDays(day: string, n: number): string {
  const at = utc(day)
  at.setUTCDate(at.getUTCDate() + n)
  return at.toISOString().slice(0, 10)
}

/** 0 is Monday. */
export function weekday(day: string): number {
  return (utc(day).getUTCDay() + 6) % 7
}

export function mondayOf(day: string): string {
  return addDays(day, -weekday(day))
}

export function firstOfMonth(day: string): string {
  return `${day.slice(0, 7)}-01`
}

export function addMonths(day: string, n: number): string {
  const at = utc(firstOfMonth(day))
  at.setUTCMonth(at.getUTCMonth() + n)
  return at.toISOString().slice(0, 10)
}

/** The days of a week, or of the whole weeks that a month touches. */
export function daysOf(kind: 'week' | 'month', day: string): string[] {
  const from = mondayOf(kind === 'week' ? day : firstOfMonth(day))
  const until = kind === 'week' ? addDays(from, 6) : addDays(mondayOf(addDays(addMonths(day, 1), -1)), 6)
  const days: string[] = []
  for (let d = from; d <= until; d = addDays(d, 1)) days.push(d)
  return days
}

/** 23/11 */
export function shortDay(day: string): string {
  return `${day.slice(8, 10)}/${day.slice(5, 7)}`
}
