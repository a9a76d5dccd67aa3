import { expect, test } from '../support/test.ts'

test('the first view of the desk is light, and soon there', async ({ people }) => {
  const { page } = await people.member('lan')
  const devtools = await page.context().newCDPSession(page)
  await devtools.send('Performance.enable', { timeDomain: 'threadTicks' })
  await page.goto('/desk')
  await page.locator('[data-id]').first().waitFor()
  await page.getByRole('button', { name: /^Đang trực:/ }).waitFor() // which comes last
  const { metrics } = await devtools.send('Performance.getMetrics')
  const busy = metrics.find((one) => one.name === 'TaskDuration')!.value * 1000
  const { first, largest, scripts } = await page.evaluate(async () => {
    const entries = await new Promise<PerformanceEntry[]>((seen) =>
      new PerformanceObserver((list) => seen(list.getEntries())).observe({ type: 'largest-contentful-paint', buffered: true }),
    )
    const files = performance.getEntriesByType('resource') as PerformanceResourceTiming[]
    const scripts = files.filter((file) => new URL(file.name).pathname.endsWith('.js')).reduce((sum, file) => sum + file.encodedBodySize, 0)
    return { scripts, first: performance.getEntriesByName('first-contentful-paint')[0]!.startTime, largest: entries.at(-1)!.startTime }
  })
  // Times are told and not judged: they are those of the machine, and of what else it does.
  console.log(
    `first view of the desk: something after ${first.toFixed(0)} ms, the largest part after ${largest.toFixed(0)} ms, ` +
      `${busy.toFixed(0)} ms of processor time, ${(scripts / 1024).toFixed(0)} KB of script`,
  )
  expect(scripts, 'bytes of script, compressed').toBeLessThanOrEqual(300 * 1024)
})
