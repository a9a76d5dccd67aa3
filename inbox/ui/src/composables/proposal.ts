import type { Message } from '@/api/types'

/** Reports whether an entry can be made of what a message says: people's own answer, in words, to a citizen. */
export function proposable(message: Message): boolean {
  const people = message.author.kind === 'member' || message.author.kind === 'department'
  return message.direction === 'out' && people && !message.automatic && !message.entry && !message.withdrawn_at && message.text.trim() !== ''
}

/** What the citizen asked that an answer is for: what it quotes, or what was said since people answered before. */
export function askedBefore(answer: Message, messages: readonly Message[]): string {
  const quoted = messages.find((m) => m.id === answer.quote?.message)
  if (quoted) return quoted.text.trim()
  const asked: string[] = []
  const place = messages.findIndex((m) => m.id === answer.id)
  for (const m of messages.slice(0, Math.max(place, 0)).reverse()) {
    const people = m.direction === 'out' && !m.automatic && m.author.kind !== 'bot'
    if (people && asked.length > 0) break
    if (m.direction === 'in' && !m.withdrawn_at && !m.opening && m.text.trim()) asked.unshift(m.text.trim())
  }
  return asked.join(' ')
}
