import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from '@playwright/test'
import { expect } from './test.ts'

/**
 * Fails when axe finds something serious on the page as it is, within open
 * shadow trees too, or finds its colours too weak once it is dark.
 */
export async function expectAccessible(page: Page, where: string): Promise<void> {
  await page.emulateMedia({ colorScheme: 'light' })
  expect.soft(await serious(page), `${where}: axe`).toEqual([])
  await page.emulateMedia({ colorScheme: 'dark' })
  expect.soft(await serious(page, 'color-contrast'), `${where}: axe, dark`).toEqual([])
}

async function serious(page: Page, ...rules: string[]): Promise<string[]> {
  // Colours must have arrived: half-way between two of them is nobody's choice.
  await page.evaluate(() => Promise.allSettled(document.getAnimations().map((animation) => animation.finished)))
  // The legacy mode is the one that does not open a further page for each look; there are no foreign frames here.
  const axe = new AxeBuilder({ page }).setLegacyMode()
  const { violations } = await (rules.length > 0 ? axe.withRules(rules) : axe).analyze()
  return violations
    .filter((violation) => violation.impact === 'serious' || violation.impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map((node) => `${node.target.flat().join(' ')} ${node.any[0]?.message ?? ''}`).join('\n  ')}`)
}
