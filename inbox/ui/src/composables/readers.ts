import { shallowRef } from 'vue'
import { api, outcome } from '@/api/client'
import type { MemberRef } from '@/api/types'
import { fold } from './fold'

/** The members whom a note in this conversation may name, fetched when the first is looked for. */
export function useReaders(conversation: () => string, me: () => string | undefined) {
  const readers = shallowRef<MemberRef[]>([])
  let asked = false

  async function need() {
    if (asked) return
    asked = true
    const { data } = await outcome(api.GET('/conversations/{id}/readers', { params: { path: { id: conversation() } } }))
    if (data) readers.value = data
    else asked = false
  }

  function find(words: string): MemberRef[] {
    void need()
    const term = fold(words).trim()
    return readers.value
      .filter((m) => m.id !== me() && ` ${fold(m.name)}`.includes(` ${term}`))
      .sort((a, b) => a.name.localeCompare(b.name, 'vi'))
  }

  return { find }
}
