export interface ServerEvent {
  kind: string
  id: string
  data: string
}

/**
 * events reads a stream of server-sent events (HTML standard, 9.2.6), cut
 * anywhere. `alive` is called for every piece that arrives, comments included.
 */
export async function* events(
  stream: ReadableStream<Uint8Array>,
  alive: () => void = () => {},
): AsyncGenerator<ServerEvent> {
  const reader = stream.getReader()
  const decoder = new TextDecoder()
  let rest = ''
  let event: ServerEvent = { kind: 'message', id: '', data: '' }
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      alive()
      rest += decoder.decode(value, { stream: true })
      const lines = rest.split('\n')
      rest = lines.pop()!
      for (const raw of lines) {
        const line = raw.replace(/\r$/, '')
        if (line === '') {
          if (event.data) yield event
          event = { kind: 'message', id: '', data: '' }
          continue
        }
        const colon = line.indexOf(':')
        const field = colon < 0 ? line : line.slice(0, colon)
        const content = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '')
        if (field === 'event') event.kind = content
        else if (field === 'id') event.id = content
        else if (field === 'data') event.data += (event.data && '\n') + content
      }
    }
  } finally {
    void reader.cancel().catch(() => {})
  }
}
