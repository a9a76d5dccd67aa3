import { fileURLToPath } from 'node:url'
import tailwindcss from '@tailwindcss/vite'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vitest/config'
import { fonts } from './fonts.build.ts'

/** Where a developer's hub listens; `vite dev` passes the API on to it. */
const hub = process.env.TONGDAI_HUB ?? 'http://127.0.0.1:8022'

export default defineConfig({
  plugins: [vue(), tailwindcss(), fonts()],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  build: {
    // The content security policy allows files of our own origin only: nothing inline, no data: addresses.
    assetsInlineLimit: 0,
    target: 'es2022',
    // fonts.css names the files where the fonts plugin puts them.
    rolldownOptions: { external: /^\/fonts\// },
  },
  server: { proxy: { '/api': hub } },
  test: { environment: 'happy-dom', include: ['src/**/*.test.ts'], env: { TZ: 'UTC' } },
})
