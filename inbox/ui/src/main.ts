import { createPinia } from 'pinia'
import { createApp } from 'vue'
import App from './App.vue'
import { i18n, language, speak } from './i18n'
import { makeRouter } from './router'
import './styles.css'

speak(language())
createApp(App).use(createPinia()).use(i18n).use(makeRouter()).mount('#app')
