import type { Message } from '@/api/types'
import { calendarDay } from './time'

/** What stands in a thread, from top to bottom. */
export type ThreadItem =
  | { kind: 'day'; id: string; at: Date }
  | { kind: 'unread'; id: string }
  | { kind: 'change'; id: string; message: Message }
  | { kind: 'message'; id: string; message: Message; continues: boolean }

/** Close enough together to be read as one. */
const together = 5 * 60_000

/** Lays out messages: a heading for each day, and a line above the first that nobody had read. */
export function threadItems(messages: readonly Message[], readTo: number | undefined): ThreadItem[] {
  const items: ThreadItem[] = []
  let before: Message | undefined
  let lineDrawn = false
  for (const message of messages) {
    const at = new Date(message.sent_at)
    const newDay = !before || calendarDay(new Date(before.sent_at)) !== calendarDay(at)
    if (newDay) items.push({ kind: 'day', id: `day-${message.id}`, at })
    const unread = readTo !== undefined && message.seq > readTo && message.author.kind === 'citizen'
    if (unread && !lineDrawn) {
      items.push({ kind: 'unread', id: 'unread' })
      lineDrawn = true
      before = undefined
    }
    if (message.change) items.push({ kind: 'change', id: message.id, message })
    else items.push({ kind: 'message', id: message.id, message, continues: !newDay && continues(before, message) })
    before = message
  }
  return items
}

function continues(before: Message | undefined, message: Message): boolean {
  return (
    before !== undefined &&
    !before.change &&
    !message.late &&
    !message.letter && // each says who wrote it
    before.elsewhere === message.elsewhere &&
    before.direction === message.direction &&
    before.author.kind === message.author.kind &&
    before.author.name === message.author.name &&
    Date.parse(message.sent_at) - Date.parse(before.sent_at) < together
  )
}
