import { defineConfig } from 'vitest/config'

/** Where a developer's hub listens; `vite dev` passes the chat on to it. */
const hub = process.env.TONGDAI_HUB ?? 'http://127.0.0.1:8022'

export default defineConfig({
  build: {
    target: 'es2022',
    lib: { entry: 'src/main.ts', formats: ['iife'], name: 'TongdaiWidget', fileName: () => 'widget.js' },
    // dist/.keep lets the Go package be built before the widget is.
    emptyOutDir: false,
  },
  server: { proxy: { '/chat': hub }, fs: { allow: ['..'] } },
  test: { environment: 'happy-dom', include: ['test/**/*.test.ts'], env: { TZ: 'UTC' } },
})
