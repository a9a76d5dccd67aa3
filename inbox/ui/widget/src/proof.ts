import type { Challenge, Proof } from './wire'

const atOnce = 500

/**
 * solve tries numbers until the SHA-256 of salt and number is the hash wanted; undefined where
 * none is, or where the page did not come by TLS and the browser has no hash for it.
 */
export async function solve({ salt, hash, most, seal }: Challenge): Promise<Proof | undefined> {
  if (!globalThis.crypto?.subtle) return undefined
  const text = new TextEncoder()
  const begin = parseInt(hash.slice(0, 8), 16)
  for (let from = 0; from < most; from += atOnce) {
    const sums = await Promise.all(Array.from({ length: atOnce }, (_, i) => crypto.subtle.digest('SHA-256', text.encode(salt + (from + i)))))
    const i = sums.findIndex((sum) => new DataView(sum).getUint32(0) === begin)
    if (i >= 0) return { salt, number: from + i, seal }
  }
  return undefined
}
