import { effectScope } from 'vue'
import type { Conversation, Message } from '@/api/types'

/** A conversation for tests, with what matters to one of them. */
export function conversation(id: string, more: Partial<Conversation> = {}): Conversation {
  return {
    id, code: `TH-${id}`, channel: 'web', contact_id: 'p', contact_name: 'Khách', status: 'open', handler: 'people', urgent: false,
    last_text: '', last_author: 'citizen', last_at: '2026-11-21T02:00:00Z', created_at: '2026-11-21T01:00:00Z',
    last_seq: 1, read_seq: 0, unread: 1, version: 1, placements: {}, ...more,
  }
}

/** A citizen's message for tests. */
export function message(seq: number, more: Partial<Message> = {}): Message {
  return {
    id: `m${seq}`, conversation: 'c', seq, direction: 'in', author: { kind: 'citizen', name: 'Khách' },
    sent_at: `2026-11-21T02:00:${String(seq % 60).padStart(2, '0')}Z`, received_at: `2026-11-21T02:00:${String(seq % 60).padStart(2, '0')}Z`,
    shown_at: more.sent_at ?? new Date(Date.UTC(2026, 10, 21, 2, 0, seq)).toISOString(), text: `tin ${seq}`, ...more,
  }
}

/** Answers requests by method and path, in place of the server; keeps what was asked. */
export function serve(answers: Record<string, (body: never, url: URL) => unknown>) {
  const asked: { route: string; body: unknown; url: URL }[] = []
  globalThis.fetch = (async (input: RequestInfo | URL, init?: RequestInit) => {
    const request = input instanceof Request ? input : new Request(new URL(String(input), 'http://desk.test'), init)
    const url = new URL(request.url, 'http://desk.test')
    const route = `${request.method} ${url.pathname.replace('/api/v1', '')}`
    const text = await request.text()
    const body: unknown = text && text.startsWith('{') ? JSON.parse(text) : text
    asked.push({ route, body, url })
    const answer = await answers[route]?.(body as never, url)
    if (answer instanceof Response) return answer
    if (answer === undefined) return Response.json({ code: 'not_found', message: route }, { status: 404 })
    return Response.json(answer)
  }) as typeof fetch
  return asked
}

/** A refusal of the server. */
export const refusal = (status: number, code: string, message: string) => Response.json({ code, message }, { status })

/** Runs a composable outside a component; `stop` is what leaving the page does. */
export function inScope<T>(make: () => T) {
  const scope = effectScope()
  return { made: scope.run(make)!, stop: () => scope.stop() }
}
