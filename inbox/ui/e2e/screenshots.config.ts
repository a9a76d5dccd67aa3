import { defineConfig } from '@playwright/test'
import base from './playwright.config.ts'

// make screenshots: pictures of every page for people to look at, into docs/screens.
export default defineConfig(base, { testDir: 'screenshots', timeout: 240_000, expect: { timeout: 45_000 }, workers: 1, use: { ...base.use, screenshot: 'off', actionTimeout: 45_000 } })
