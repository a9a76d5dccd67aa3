import type { LiveEvent } from './types'

/** One event as the server numbered it. */
export interface Numbered {
  number: number
  event: LiveEvent
}

/**
 * Reads the text of a server-sent event stream piece by piece, wherever the
 * pieces are cut. Comments (lines with a leading colon) only show that the
 * connection lives.
 */
export function eventReader(take: (event: Numbered) => void) {
  let rest = ''
  let id = ''
  let data: string[] = []

  function line(text: string) {
    if (text === '') {
      if (data.length > 0) take({ number: Number(id), event: JSON.parse(data.join('\n')) as LiveEvent })
      data = []
      return
    }
    const colon = text.indexOf(':')
    const field = colon < 0 ? text : text.slice(0, colon)
    const value = colon < 0 ? '' : text.slice(colon + 1).replace(/^ /, '')
    if (field === 'id') id = value
    else if (field === 'data') data.push(value)
  }

  return (piece: string) => {
    rest += piece
    // A carriage return at the very end may be half of a line's end: it waits for the next piece.
    const lines = rest.split(/\r\n|\n|\r(?!$)/)
    rest = lines.pop() ?? ''
    for (const text of lines) line(text)
  }
}

export type StreamEnd = 'ended' | 'gone' | 'unauthenticated'

/** Longer than the server is ever silent; after that the connection is dead. */
const silence = 75_000

/**
 * Follows the event log from after the given number until the connection ends.
 * Not an EventSource, which hides the status (410 must reload, 401 must log in)
 * and does not notice a connection that died without a word.
 */
export async function followEvents(
  after: number | undefined,
  on: { open: () => void; event: (event: Numbered) => void },
  signal: AbortSignal,
): Promise<StreamEnd> {
  const watch = new AbortController()
  let timer = setTimeout(() => watch.abort(), silence)
  try {
    const response = await fetch(`/api/v1/events${after === undefined ? '' : `?after=${after}`}`, {
      headers: { Accept: 'text/event-stream', ...(after === undefined ? {} : { 'Last-Event-ID': String(after) }) },
      cache: 'no-store',
      signal: AbortSignal.any([signal, watch.signal]),
    })
    if (response.status === 410) return 'gone'
    if (response.status === 401) return 'unauthenticated'
    if (!response.ok || !response.body) return 'ended'
    on.open()
    const read = eventReader(on.event)
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return 'ended'
      clearTimeout(timer)
      timer = setTimeout(() => watch.abort(), silence)
      read(value)
    }
  } catch {
    return 'ended'
  } finally {
    clearTimeout(timer)
  }
}
