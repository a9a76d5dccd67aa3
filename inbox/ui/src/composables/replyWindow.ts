import type { ConversationDetail, Limits, Message } from '@/api/types'

/** What the platform takes from us now, after what the citizen said last. */
export interface ReplyTerms {
  /** Until when answers are taken; undefined when they always are. */
  until?: Date
  closed: boolean
  /** Until when they cost nothing; undefined where that makes no difference. */
  freeUntil?: Date
  /** How many more cost nothing; undefined where they are not counted. */
  freeLeft?: number
  /** Nothing is free any more, although answers are taken. */
  charged: boolean
}

/** Of what is said before everybody: no platform ends it. */
export const publicTerms: ReplyTerms = { closed: false, charged: false }

export function replyTerms(detail: ConversationDetail, messages: readonly Message[], limits: Limits, now: Date): ReplyTerms {
  const last = messages.findLastIndex(heardFrom)
  const heard = last < 0 ? undefined : Date.parse(messages[last]!.received_at)
  const after = (seconds: number) => (seconds > 0 && heard !== undefined ? new Date(heard + seconds * 1000) : undefined)

  const until = later(detail.reply_until ? new Date(detail.reply_until) : undefined, after(limits.reply_window_seconds))
  const freeUntil = after(limits.free_window_seconds)
  // Where the citizen's last words are further back than what is loaded, all that is loaded came after them.
  const freeLeft = limits.free_replies > 0 ? Math.max(0, limits.free_replies - messages.slice(last + 1).filter(counts).length) : undefined
  const closed = until !== undefined && until <= now
  return { until, closed, freeUntil, freeLeft, charged: !closed && (freeLeft === 0 || (freeUntil !== undefined && freeUntil <= now)) }
}

/** What the citizen wrote since the conversation was opened lengthens the window that was told then. */
function later(one: Date | undefined, other: Date | undefined): Date | undefined {
  return one && other ? (one > other ? one : other) : (one ?? other)
}

/** To follow the account, or to fill in the platform's form, is as good as a word. */
function heardFrom({ direction, change }: Message): boolean {
  return direction === 'in' || change?.action === 'contact.followed' || change?.action === 'contact.shared' || change?.action === 'contact.opened'
}

/** What left for the platform, or will, counts; what it refused or never got does not. */
function counts(message: Message): boolean {
  const state = message.delivery?.state
  return message.direction === 'out' && state !== 'parked' && state !== 'failed'
}
