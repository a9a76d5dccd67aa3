import type { Message } from '@/api/types'
import { t, te } from '@/i18n'
import { clockAndFullDay } from './time'

/** What happened to a conversation, in words: "Lê Thu Hà chuyển Sở Y tế". */
export function describeChange(message: Message, nameOf: (id: string | undefined) => string): string {
  const { action = '', from, to } = message.change ?? {}
  const name = action.replace(/^\w+\./, '')
  const who = message.author.name || t(`author.${message.author.kind}`)
  const called = (ids: string | undefined) => ids?.split(',').map(nameOf).join(', ') ?? ''
  const time = [to, from].find((value) => value && /^\d{4}-\d\d-\d\dT/.test(value))
  const due = time ? clockAndFullDay(new Date(time)) : ''
  const clock = from && te(`owed.clock.${from}`) ? t(`owed.clock.${from}`) : ''
  const names = { who, from: called(from), to: called(to), due, clock, reason: to && te(`reason.${to}`) ? t(`reason.${to}`) : '' }
  // Given to nobody, or back to the desk, is said in its own words.
  const special = `change.${name}_${to}`
  if (to && te(special)) return t(special, names)
  const key = to ? `change.${name}` : te(`change.${name}_none`) ? `change.${name}_none` : `change.${name}`
  return te(key) ? t(key, names) : [who, action].filter(Boolean).join(': ')
}
