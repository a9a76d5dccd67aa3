import { ref } from 'vue'
import { t } from '@/i18n'

const zone = 'Asia/Ho_Chi_Minh'

function formatter(options: Intl.DateTimeFormatOptions) {
  const format = new Intl.DateTimeFormat('en-GB', { timeZone: zone, hour12: false, ...options })
  return (at: Date) => Object.fromEntries(format.formatToParts(at).map((part) => [part.type, part.value]))
}

const parts = formatter({
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
})

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

/** 09:12 */
export function clock(at: Date): string {
  const p = parts(at)
  return `${p.hour}:${p.minute}`
}

/** 09:12 21/11 */
export function clockAndDay(at: Date): string {
  const p = parts(at)
  return `${p.hour}:${p.minute} ${p.day}/${p.month}`
}

/** 09:12 21/11/2026 */
export function clockAndFullDay(at: Date): string {
  const p = parts(at)
  return `${p.hour}:${p.minute} ${p.day}/${p.month}/${p.year}`
}

/** 09:12:45 21/11/2026: everything, for hovering. */
export function fullTime(at: Date): string {
  const p = parts(at)
  return `${p.hour}:${p.minute}:${p.second} ${p.day}/${p.month}/${p.year}`
}

/** 21/11/2026 */
export function calendarDay(at: Date): string {
  const p = parts(at)
  return `${p.day}/${p.month}/${p.year}`
}

/** The day of a date without time ("2026-11-21"), as people here write it. */
export function plainDay(date: string): string {
  return date.split('-').reverse().join('/')
}

/** What a field of type datetime-local takes: "2026-11-21T09:12", in our own time wherever the browser is. */
export function toLocalInput(at: string | undefined): string {
  if (!at) return ''
  const p = parts(new Date(at))
  return `${p.year}-${p.month}-${p.day}T${p.hour}:${p.minute}`
}

/** The instant that such a field names. Vietnam keeps UTC+7 without summer time. */
export function fromLocalInput(value: string): Date | undefined {
  const at = new Date(`${value}:00+07:00`)
  return Number.isNaN(at.getTime()) ? undefined : at
}

/** "3 phút trước" up to a day, then "09:12 21/11". */
export function timeAgo(at: Date, now: Date): string {
  const past = now.getTime() - at.getTime()
  if (past >= day) return clockAndDay(at)
  if (past < minute) return t('time.now')
  if (past < hour) return t('time.minutesAgo', { n: Math.floor(past / minute) })
  return t('time.hoursAgo', { n: Math.floor(past / hour) })
}

/** How long, roughly: "3 phút", "2 giờ", "4 ngày". */
export function span(milliseconds: number): string {
  if (milliseconds < minute) return t('time.underMinute')
  if (milliseconds < hour) return t('time.minutes', { n: Math.floor(milliseconds / minute) })
  if (milliseconds < day) return t('time.hours', { n: Math.floor(milliseconds / hour) })
  return t('time.days', { n: Math.floor(milliseconds / day) })
}

/** The day as a heading of a thread: today, yesterday, or the date. */
export function dayHeading(at: Date, now: Date): string {
  const date = calendarDay(at)
  if (date === calendarDay(now)) return t('time.today')
  if (date === calendarDay(new Date(now.getTime() - day))) return t('time.yesterday')
  return date
}

const now = ref(new Date())
setInterval(() => (now.value = new Date()), 15_000)

/** The present, as the screens show it: moves on every quarter of a minute. */
export function useNow() {
  return now
}
