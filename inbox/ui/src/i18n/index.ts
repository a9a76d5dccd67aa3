import { createI18n } from 'vue-i18n'
import { en } from './en'
import { vi } from './vi'

export type Language = 'vi' | 'en'

const storedUnder = 'desk:language'

/** Vietnamese, unless this browser was told otherwise. */
export function language(): Language {
  return localStorage.getItem(storedUnder) === 'en' ? 'en' : 'vi'
}

export const i18n = createI18n({
  legacy: false,
  locale: language(),
  fallbackLocale: 'vi',
  messages: { vi, en },
})

/** Words for code outside components. */
export const { t, te } = i18n.global

export function speak(chosen: Language) {
  i18n.global.locale.value = chosen
  document.documentElement.lang = chosen
  localStorage.setItem(storedUnder, chosen)
}
