import type { Message } from '@/api/types'
import { t, te } from '@/i18n'

/** What happened to a conversation, in words: "Lê Thu Hà chuyển Sở Y tế". */
export function describeChange(message: Message, nameOf: (id: string | undefined) => string): string {
  const { action = '', from, to } = message.change ?? {}
  const name = action.replace(/^\w+\./, '')
  const who = message.author.name || t(`author.${message.author.kind}`)
  const names = { who, from: nameOf(from), to: nameOf(to), reason: to && te(`reason.${to}`) ? t(`reason.${to}`) : '' }
  // Given to nobody, or back to the desk, is said in its own words.
  const key = to ? `change.${name}` : te(`change.${name}_none`) ? `change.${name}_none` : `change.${name}`
  return te(key) ? t(key, names) : [who, action].filter(Boolean).join(': ')
}
