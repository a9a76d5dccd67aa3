import type { Page } from '@playwright/test'

const pageSize = 50

/** Lets a page see as many conversations in the view of all as wanted, in pages, as the hub would send them. Returns how often each page was asked for. */
export async function withManyRows(page: Page, rows: number): Promise<Map<number, number>> {
  const asked = new Map<number, number>()
  const answer = await page.request.get('/api/v1/conversations?view=all&limit=1')
  const { conversations, event } = (await answer.json()) as { conversations: Record<string, unknown>[]; event: number }
  const row = (no: number) => ({
    ...conversations[0], id: `row${no}`, code: `TH-${no}`, contact_name: `Người thứ ${no}`, last_text: `Câu hỏi của người thứ ${no}`,
    placements: { all: String(no).padStart(9, '0') },
  })
  await page.route(/\/api\/v1\/conversations\?.*view=all/, async (route) => {
    const begin = Number(new URL(route.request().url()).searchParams.get('cursor') ?? 0)
    asked.set(begin, (asked.get(begin) ?? 0) + 1)
    const end = Math.min(begin + pageSize, rows)
    await route.fulfill({
      json: { conversations: Array.from({ length: end - begin }, (_, i) => row(begin + i + 1)), event, ...(end < rows ? { next: String(end) } : {}) },
    })
  })
  return asked
}

/** What scrolling looked like from inside the page. */
export interface Scrolled {
  /** Milliseconds between one frame and the next, the longest first. */
  frames: number[]
  /** Most rows that were in the document at once. */
  drawn: number
}

/** Scrolls a list down, some pixels a frame, until its last row is there; then jumps to and fro in it. */
export function scrollToEnd(page: Page, last: string, step: number, jumps: number): Promise<Scrolled> {
  return page.evaluate(
    async ([last, step, jumps]) => {
      const list = document.querySelector('[data-id]')!.closest('ul')!
      const box = list.parentElement!
      const frames: number[] = []
      let drawn = 0
      let before = performance.now()
      const frame = async () => {
        await new Promise(requestAnimationFrame)
        frames.push(performance.now() - before)
        before = performance.now()
        drawn = Math.max(drawn, list.childElementCount)
      }
      while (!list.querySelector(`[data-id="${last}"]`)) {
        box.scrollTop += step
        await frame()
      }
      for (let i = 0; i < jumps; i++) {
        box.scrollTop = ((i * 7919) % 1000) / 1000 * box.scrollHeight
        await frame()
      }
      box.scrollTop = box.scrollHeight
      await frame()
      await frame()
      return { frames: frames.sort((a, b) => b - a), drawn }
    },
    [last, step, jumps] as const,
  )
}
