import { defineConfig } from '@playwright/test'
import base from './playwright.config.ts'

// npm run screenshots: pictures of every page for people to look at, not tests.
export default defineConfig(base, { testDir: 'screenshots', timeout: 240_000, workers: 1 })
