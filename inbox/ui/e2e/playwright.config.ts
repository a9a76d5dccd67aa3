import { defineConfig } from '@playwright/test'
import { launch, surroundings } from './support/browser.ts'

// Every test drives the real program in Debian's Chromium. A test that passes
// only the second time is a bug, so nothing is tried twice.
export default defineConfig({
  testDir: 'tests',
  outputDir: 'results/tests',
  workers: Number(process.env.WORKERS ?? 2),
  retries: 0,
  timeout: 60_000,
  expect: { timeout: 15_000 },
  forbidOnly: true,
  reporter: [['list']],
  use: { ...surroundings, launchOptions: launch, screenshot: 'only-on-failure', actionTimeout: 15_000 },
})
