import type { ConversationDetail, Limits, Message } from '@/api/types'

/** Until when the platform takes answers; undefined when it always does. */
export function replyUntil(detail: ConversationDetail, messages: readonly Message[], limits: Limits): Date | undefined {
  const known = detail.reply_until ? new Date(detail.reply_until) : undefined
  if (limits.reply_window_seconds === 0) return known
  // What the citizen wrote since the conversation was opened lengthens the window.
  const last = messages.findLast((m) => m.author.kind === 'citizen')
  if (!last) return known
  const until = new Date(Date.parse(last.sent_at) + limits.reply_window_seconds * 1000)
  return known && known > until ? known : until
}
