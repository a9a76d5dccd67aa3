import { defineStore } from 'pinia'
import { ref, watch } from 'vue'
import { language, type Language } from '@/i18n'

/** What a member chose in this browser. */
export const usePreferences = defineStore('preferences', () => {
  const sound = kept('sound', true)
  const notify = kept('notify', false)
  const chosenLanguage = ref<Language>(language())

  function kept(name: string, otherwise: boolean) {
    const value = ref(readFlag(name, otherwise))
    watch(value, (now) => localStorage.setItem(`desk:${name}`, String(now)))
    return value
  }

  return { sound, notify, language: chosenLanguage }
})

function readFlag(name: string, otherwise: boolean): boolean {
  const text = localStorage.getItem(`desk:${name}`)
  return text === null ? otherwise : text === 'true'
}
