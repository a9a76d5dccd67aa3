import { test as base, expect, People } from '../support/test.ts'
import { administration } from './administration.ts'
import { citizens } from './citizens.ts'
import { desk } from './desk.ts'
import { knowledge } from './knowledge.ts'
import { Scene } from './scene.ts'
import { Look, looks, settled } from './screen.ts'
import { allPages, compose, folder, kept, writeIndex } from './sheet.ts'

const groups = { 'Người dân': citizens, 'Bàn trực': desk, 'Kho hỏi đáp': knowledge, 'Quản trị': administration }
const screens = Object.values(groups).flat()

// One story is told to one hub, and everything is a picture of it.
const test = base.extend<object, { stage: Look[] }>({
  stage: [
    async ({ browser, hub, session }, use) => {
      const people = new People(browser, session, hub.url)
      const scene = await Scene.play(hub, people)
      await use(looks.map(([size, scheme]) => new Look(size, scheme, people, scene)))
      await people.leave()
      await scene.end()
    },
    { scope: 'worker', timeout: 300_000 },
  ],
})

test('every page has a picture', () => {
  const shown = screens.flatMap((screen) => screen.pages ?? [])
  expect(allPages().filter((path) => !shown.includes(path)), 'pages that no screen shows: add one to screenshots/*.ts').toEqual([])
  expect(shown.filter((path) => !allPages().includes(path)), 'pages that are no longer there').toEqual([])
  expect(new Set(screens.map((screen) => screen.name)).size, 'names are unique').toBe(screens.length)
  writeIndex(groups)
})

for (const screen of screens) {
  test(screen.name, async ({ stage, browser }) => {
    const pictures: Buffer[] = []
    for (const look of stage) {
      const page = await screen.show(look)
      await settled(page)
      pictures.push(await page.screenshot({ animations: 'disabled', caret: 'hide' }))
      const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
      expect.soft(over, `${screen.name} fits the width, ${look.size}`).toBeLessThanOrEqual(0)
      // The next screen begins where this one began.
      await page.unrouteAll({ behavior: 'ignoreErrors' })
      await page.evaluate(() => localStorage.clear())
      expect.soft(look.people.complaints.splice(0), 'no uncaught exception, nothing against the content security policy').toEqual([])
    }
    await compose(browser, screen, pictures)
  })
}

test('no picture is left of what is gone', () => {
  const names = screens.map((screen) => screen.name)
  expect(kept().filter((name) => !names.includes(name)), `files in ${folder} without a screen`).toEqual([])
})
