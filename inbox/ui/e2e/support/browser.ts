import type { BrowserContextOptions, LaunchOptions } from '@playwright/test'

/** The browser of the system, quiet: it looks nothing up and updates nothing. */
export const launch: LaunchOptions = {
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: [
    '--no-sandbox', // root has no other way
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
}

export const wide = { width: 1440, height: 900 }
export const phone = { width: 390, height: 844 }

/** Where the people of these tests sit. */
export const surroundings: BrowserContextOptions = { locale: 'vi-VN', timezoneId: 'Asia/Ho_Chi_Minh', viewport: wide }
