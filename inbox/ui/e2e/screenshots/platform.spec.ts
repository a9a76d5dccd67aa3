import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { phone, wide } from '../support/browser.ts'
import { test } from '../support/test.ts'
import { everything, Zalo } from '../support/zalo.ts'

const folder = process.env.SCREENSHOTS ?? '/tmp/tongdai-screenshots'

for (const [size, viewport] of Object.entries({ wide, phone })) {
  test(`pictures of what a platform brings, ${size}`, async ({ people }) => {
    mkdirSync(folder, { recursive: true })
    const widget = await people.citizen()
    const code = await widget.askUnknown()
    const desk = await people.member('lan', { viewport })
    const zalo = await Zalo.on(desk.page)
    const take = async (name: string) => {
      await desk.page.evaluate(() => document.fonts.ready)
      await desk.page.screenshot({ path: join(folder, `${name}-${size}.png`), animations: 'disabled' })
    }
    zalo.said = everything
    await desk.goTo(code)
    await desk.log.evaluate((box) => box.scrollTo(0, box.scrollHeight / 3))
    await take('platform-above')
    await desk.readToEnd()
    await take('platform-below')
    zalo.said = []
    await desk.page.reload()
    await desk.message('cột điện trước cửa').hover()
    await desk.message('cột điện trước cửa').getByRole('button', { name: /^Trả lời tin này/ }).click()
    await take('platform-quoting')
    zalo.window = 1
    zalo.phone = '0912345678'
    await desk.page.reload()
    await desk.thread.getByRole('link', { name: 'Gọi 0912345678' }).waitFor()
    await take('platform-closed')
    zalo.phone = ''
    zalo.window = 7 * 24 * 3600
    zalo.free = 1
    await desk.page.reload()
    await desk.thread.getByText('Hết tin miễn phí').waitFor()
    await take('platform-charged')
  })
}
