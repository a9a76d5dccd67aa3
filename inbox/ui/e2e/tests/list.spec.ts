import type { CDPSession } from '@playwright/test'
import { scrollToEnd, withManyRows } from '../support/manyRows.ts'
import { expect, test } from '../support/test.ts'

// A hundred thousand are scrolled through on demand: ROWS=100000 npx playwright test list (docs/benchmarks.md).
const rows = Number(process.env.ROWS ?? 2000)
const measures = process.env.ROWS !== undefined

test(`a list of ${rows} conversations is scrolled to its end, page by page, and few rows are drawn`, async ({ people }) => {
  test.setTimeout(90_000 + rows * 30)
  const { page } = await people.member('lan')
  const asked = await withManyRows(page, rows)
  await page.goto('/desk?view=all')
  await expect(page.locator('[data-id="row1"]')).toBeVisible()
  const devtools = await page.context().newCDPSession(page)
  await devtools.send('Performance.enable', { timeDomain: 'threadTicks' })
  const memory = await heap(devtools)
  let before = await busy(devtools)
  // A page of rows a frame. In stretches, so that what a page costs near the end can be compared with the beginning.
  const stretch = measures ? Math.min(rows, 5000) : rows
  for (let end = stretch; ; end = Math.min(end + stretch, rows)) {
    const { frames, drawn } = await scrollToEnd(page, `row${end}`, 4400, end === rows ? 20 : 0)
    expect(drawn, 'rows in the document at once').toBeLessThan(60)
    const now = await busy(devtools)
    console.log(
      `to row ${end}: ${(((now - before) * 1000) / (stretch / 50)).toFixed(0)} ms of processor time a page of 50; ` +
        `between frames p50 ${frames[frames.length >> 1]!.toFixed(0)}, slowest ${frames[0]!.toFixed(0)} ms; ` +
        `${drawn} rows drawn; ${memory.toFixed(0)} → ${(await heap(devtools)).toFixed(0)} MB`,
    )
    before = now
    if (end === rows) break
  }
  await expect(page.locator(`[data-id="row${rows}"]`)).toBeVisible()
  expect(asked.size, 'pages asked for').toBe(Math.ceil(rows / 50))
  expect(Math.max(...asked.values()), 'each page is asked for once').toBe(1)
})

/** Seconds of processor time that the page's own thread has used. */
async function busy(devtools: CDPSession): Promise<number> {
  const { metrics } = await devtools.send('Performance.getMetrics')
  return metrics.find((one) => one.name === 'TaskDuration')!.value
}

/** MB in use after what is not needed any more was collected. */
async function heap(devtools: CDPSession): Promise<number> {
  await devtools.send('HeapProfiler.collectGarbage')
  return (await devtools.send('Runtime.getHeapUsage')).usedSize / 2 ** 20
}
