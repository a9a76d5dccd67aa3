import type { Page } from '@playwright/test'
import type { Desk } from '../support/desk.ts'
import { expect, test, type People } from '../support/test.ts'
import type { Widget } from '../support/widget.ts'

const lost = 'Mất kết nối. Đang nối lại'

/** What a desk shows, without what goes by the clock: the views with their counts, the list, the thread. */
async function shown(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const text = (element: Element) => {
      const copy = element.cloneNode(true) as HTMLElement
      copy.querySelectorAll('time, [title]').forEach((clock) => clock.remove())
      return copy.textContent!.replace(/\s+/g, ' ').trim()
    }
    const rows = Array.from(document.querySelectorAll('[data-id]')).sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top)
    const views = Array.from(document.querySelectorAll('nav a[href*="view="]'))
    const said = Array.from(document.querySelectorAll('[role=log] [data-seq]'))
    return [...views.map(text), ...rows.map((row) => `${row.getAttribute('data-id')}: ${text(row)}`), ...said.map(text)]
  })
}

/** The page comes to show what a fresh one does. */
async function sameAsFresh(desk: Desk): Promise<void> {
  const fresh = await desk.page.context().newPage()
  await expect(async () => {
    await fresh.goto(desk.page.url())
    await expect(fresh.getByRole('log', { name: 'Tin nhắn' })).toBeVisible()
    await expect(fresh.locator('[data-id]').first()).toBeVisible()
    const [here, there] = [await shown(desk.page), await shown(fresh)]
    expect(here.length).toBeGreaterThan(10)
    expect(here).toEqual(there)
  }).toPass({ timeout: 30_000 })
  await fresh.close()
}

/** What goes on while somebody is away: matters come, move, end, and the open one goes on. */
async function meanwhile(people: People, open: { widget: Widget; code: string }, much: number): Promise<void> {
  const minh = await people.member('minh')
  await minh.visit()
  const post = async (path: string, body?: object) => {
    const answer = await minh.page.request.post(`/api/v1${path}`, { data: body, headers: { Origin: new URL(minh.page.url()).origin } })
    expect(answer.ok(), `${path}: ${answer.status()} ${await answer.text()}`).toBe(true)
  }
  const citizen = await people.citizen()
  const other = (await minh.idOf(await citizen.askUnknown()))!
  await post(`/conversations/${other}/take`)
  await post(`/conversations/${other}/notes`, { text: 'đã gọi', key: `n-${other}` })
  const urgent = await people.citizen()
  await urgent.say('em bị khó thở quá')
  await expect(urgent.heard('Anh/chị gọi ngay 115')).toBeVisible()
  const moved = (await minh.idOf(await (await people.citizen()).askUnknown()))!
  await post(`/conversations/${moved}/transfer`, { department: 'so-y-te', note: 'nhờ giúp' })
  for (let n = 0; n < much; n++) await post(`/conversations/${other}/replies`, { text: `Dạ, tin ${n} ạ.`, key: `${other}-${n}` })
  await post(`/conversations/${other}/resolve`)
  const here = (await minh.idOf(open.code))!
  await open.widget.say('còn đó không ạ?')
  await expect(open.widget.entry('còn đó không ạ?')).toContainText('Đã gửi')
  await post(`/conversations/${here}/notes`, { text: 'để em xem', key: `h-${here}` })
}

for (const away of [
  { name: 'a moment', much: 0 },
  { name: 'a long while, in which much happened', much: 60 },
  { name: 'so long that the hub has forgotten what happened', much: 3, forgotten: true },
]) {
  // WEB-04
  test(`a desk that was away for ${away.name} shows what a fresh page does`, async ({ people, line }) => {
    test.setTimeout(120_000)
    const widget = await people.citizen()
    const code = await widget.askUnknown()
    const lan = await people.member('lan', { baseURL: line.url })
    await lan.goTo(code) // a list that one scrolls, or points at, keeps its order until one lets go
    await line.cut(lan.page)
    await expect(lan.page.getByText(lost)).toBeVisible()
    await meanwhile(people, { widget, code }, away.much)
    let refused = 0
    if (away.forgotten) {
      // A number that the log does not have, as after it was trimmed: the hub answers 410.
      const none = '999999999'
      await lan.page.route(/\/api\/v1\/events\?after=/, async (route) => {
        const asked = route.request()
        if (refused > 0) return route.continue()
        refused++
        await route.continue({ url: asked.url().replace(/after=\d+/, `after=${none}`), headers: { ...asked.headers(), 'last-event-id': none } })
      })
    }
    await line.mend(lan.page)
    await expect(lan.page.getByText(lost)).toBeHidden()
    await sameAsFresh(lan)
    expect(refused).toBe(away.forgotten ? 1 : 0)
  })
}
