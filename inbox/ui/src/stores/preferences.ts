import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'
import { api, outcome } from '@/api/client'
import type { Problem } from '@/api/types'
import { keysOf } from '@/composables/deskKeys'
import { language, type Language } from '@/i18n'

/**
 * What a member chose. Sounds and notifications are a matter of the machine and
 * kept in this browser; keys go with the member and are kept by the server.
 */
export const usePreferences = defineStore('preferences', () => {
  const sound = kept('sound', true)
  const soundMine = kept('soundMine', readFlag('sound', true))
  const notify = kept('notify', false)
  const notifyMine = kept('notifyMine', readFlag('notify', false))
  const chosenLanguage = ref<Language>(language())
  /** The member's own keys, by action. */
  const keys = shallowRef<Record<string, string>>({})

  function kept(name: string, otherwise: boolean) {
    const value = ref(readFlag(name, otherwise))
    watch(value, (now) => localStorage.setItem(`desk:${name}`, String(now)))
    return value
  }

  async function load() {
    const { data } = await outcome(api.GET('/preferences'))
    if (data) keys.value = data.keys ?? {}
  }

  async function saveKeys(chosen: Record<string, string>): Promise<Problem | undefined> {
    const { problem } = await outcome(api.PUT('/preferences', { body: { keys: chosen } }))
    if (!problem) keys.value = chosen
    return problem
  }

  /** The single key of each action of the desk. */
  const deskKeys = computed(() => keysOf(keys.value))

  return { deskKeys, sound, soundMine, notify, notifyMine, language: chosenLanguage, keys, load, saveKeys }
})

function readFlag(name: string, otherwise: boolean): boolean {
  const text = localStorage.getItem(`desk:${name}`)
  return text === null ? otherwise : text === 'true'
}
