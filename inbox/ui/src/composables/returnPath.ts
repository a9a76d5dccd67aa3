/** Where to go after logging in: a path of this application, never another site. */
export function returnPath(next: unknown): string {
  return typeof next === 'string' && /^\/(desk|admin|account)(\/|\?|$)/.test(next) ? next : '/desk'
}
