import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Browser } from '@playwright/test'
import { heights, looks, type Screen, type Size } from './screen.ts'

const root = resolve(import.meta.dirname, '../../../..')
export const folder = process.env.SCREENSHOTS ? resolve(process.env.SCREENSHOTS) : join(root, 'docs/screens')

/** Wide enough for the small print of a desk to be read, small enough to be kept in the repository. */
const scale = 0.6
const widths: Record<Size, number> = { wide: 1280, phone: 390 }

/** Puts the pictures of all looks side by side into one file. */
export async function compose(browser: Browser, screen: Screen, pictures: Buffer[]): Promise<void> {
  const gap = 8
  const inner = looks.map(([size]) => Math.round(widths[size] * scale))
  const width = inner.reduce((sum, one) => sum + one + gap, gap)
  const height = Math.round(heights * scale) + 2 * gap
  const images = pictures.map((picture, i) => `<img width="${inner[i]}" src="data:image/png;base64,${picture.toString('base64')}">`)
  const page = await browser.newPage({ viewport: { width, height } })
  await page.setContent(
    `<style>body{margin:0;padding:${gap}px;display:flex;gap:${gap}px;background:#8a9493}img{height:${height - 2 * gap}px}</style>${images.join('')}`,
  )
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, `${screen.name}.jpg`), await page.screenshot({ type: 'jpeg', quality: 60 }))
  await page.close()
}

/** The page that shows all sheets. */
export function writeIndex(groups: Record<string, Screen[]>): void {
  const lines = [
    '# Màn hình / Screens',
    '',
    'Mỗi hình: rộng 1280 px sáng, tối; rộng 390 px sáng, tối. Dữ liệu là của bản demo, đều hư cấu. Tạo lại bằng `make screenshots`;',
    'lệnh này báo lỗi khi một trang chưa có hình.',
    '',
    'Each sheet: 1280 px light and dark, 390 px light and dark, of the demonstration and its invented data. `make screenshots` makes them again,',
    'and fails when a page has no picture.',
  ]
  for (const [name, screens] of Object.entries(groups)) {
    lines.push('', `## ${name}`)
    for (const { title, name, pages } of screens) {
      const where = pages?.length ? ` (${pages.map((path) => `\`${path}\``).join(', ')})` : ''
      lines.push('', `**${title}**${where}`, '', `![${title}](${name}.jpg)`)
    }
  }
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'README.md'), `${lines.join('\n')}\n`)
}

/** The sheets that are there, by the names of their screens. */
export const kept = () => readdirSync(folder).filter((name) => name.endsWith('.jpg')).map((name) => name.slice(0, -4))

/** Every page there is: of the desk by its router, of the portal by its handlers. */
export function allPages(): string[] {
  const read = (path: string) => readFileSync(join(root, path), 'utf8')
  const found = (text: string, what: RegExp) => [...text.matchAll(what)].map((match) => match[1]!)
  const desk = found(read('inbox/ui/src/router.ts'), /path: '([^']+)', component/g)
  const portal = ['portal.go', 'matters.go', 'alarm.go'].flatMap((file) => found(read(`inbox/portal/${file}`), /\bread\("([^"]+)", p\./g))
  // Answers to scripts and files are no pages.
  return [...desk, ...portal.filter((path) => !['/tim', '/portal/:file', '/tra-cuu/:token/tep/:file'].includes(path))]
}
