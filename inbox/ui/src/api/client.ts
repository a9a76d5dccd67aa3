import createClient from 'openapi-fetch'
import type { paths } from './schema.gen'
import type { Problem } from './types'

/** Called when the server no longer knows who we are. The router sets it. */
let onLoggedOut: () => void = () => {}

export function whenLoggedOut(fn: () => void) {
  onLoggedOut = fn
}

/** Tells the router that a request found no session. */
export function loggedOut() {
  onLoggedOut()
}

/** Asks for the password again and tells whether it was given. The proof's store sets it. */
let askProof: () => Promise<boolean> = () => Promise.resolve(false)

export function whenProofIsNeeded(ask: () => Promise<boolean>) {
  askProof = ask
}

/**
 * Sends a request; where the server wants the password first, asks for it and sends
 * the request again. fetch is looked up at each call, so that tests can put their own
 * in its place.
 */
async function send(request: Request): Promise<Response> {
  const retried = request.method === 'GET' || request.url.endsWith('/attachments') ? undefined : request.clone()
  const response = await globalThis.fetch(request)
  if (!retried || response.status !== 403 || !(await wantsProof(response.clone()))) return response
  return (await askProof()) ? globalThis.fetch(retried) : response
}

async function wantsProof(response: Response): Promise<boolean> {
  const problem = (await response.json().catch(() => undefined)) as Problem | undefined
  return problem?.code === 'prove'
}

export const api = createClient<paths>({ baseUrl: '/api/v1', fetch: send })

api.use({
  onResponse({ request, response }) {
    // A wrong password at the login page is 401 too, and is the page's own matter.
    const logsIn = request.method === 'POST' && new URL(request.url).pathname.endsWith('/session')
    if (response.status === 401 && !logsIn) loggedOut()
  },
})

/**
 * What became of a request. `unreached` is true when no answer came, so that
 * nobody knows whether the server acted; `problem` is what to tell the person.
 */
export type Outcome<T> =
  | { data: T; problem?: undefined; unreached?: undefined }
  | { data?: undefined; problem: Problem; unreached: boolean }

interface Answer<T> {
  data?: T
  error?: unknown
  response: Response
}

/** Turns every way a request can end into one shape. It never throws. */
export async function outcome<T>(request: Promise<Answer<T>>): Promise<Outcome<T>> {
  try {
    const { data, error, response } = await request
    if (response.ok) return { data: data as T }
    return { problem: asProblem(error, response.status), unreached: false }
  } catch {
    return { problem: { code: 'unreached', message: '' }, unreached: true }
  }
}

/** What the server said is kept; a proxy's HTML page becomes a plain code. */
function asProblem(error: unknown, status: number): Problem {
  if (typeof error === 'object' && error !== null && 'code' in error && 'message' in error) return error as Problem
  const code = status === 413 ? 'too_large' : status === 502 || status === 503 || status === 504 ? 'unavailable' : 'internal'
  return { code, message: '' }
}

/** The file goes up as a form. openapi-fetch needs to be told how to write one. */
export function asForm(body: object): FormData {
  const form = new FormData()
  for (const [name, value] of Object.entries(body)) form.append(name, value as string | Blob)
  return form
}

export function attachmentUrl(conversation: string, attachment: string) {
  return `/api/v1/conversations/${encodeURIComponent(conversation)}/attachments/${encodeURIComponent(attachment)}`
}
