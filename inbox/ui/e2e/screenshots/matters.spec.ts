import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { phone, wide } from '../support/browser.ts'
import { expect, test } from '../support/test.ts'

const folder = process.env.SCREENSHOTS ?? '/tmp/tongdai-screenshots'

for (const [size, viewport] of Object.entries({ wide, phone })) {
  for (const colorScheme of ['light', 'dark'] as const) {
    test(`pictures of what is done with matters, ${size}, ${colorScheme}`, async ({ people }) => {
      mkdirSync(folder, { recursive: true })
      const codes: string[] = []
      for (let i = 0; i < 3; i++) codes.push(await (await people.citizen()).askUnknown())
      const lan = await people.member('lan', { viewport, colorScheme })
      const { page } = lan
      const dialog = page.getByRole('dialog')
      const take = async (name: string) => {
        await page.evaluate(() => document.fonts.ready)
        await page.waitForFunction(() => !document.querySelector('.skeleton'))
        await page.screenshot({ path: join(folder, `${name}-${size}-${colorScheme}.png`), animations: 'disabled' })
      }
      const more = async (item: string) => {
        await page.getByRole('button', { name: 'Việc khác' }).click()
        await page.getByRole('menuitem', { name: item }).click()
        await dialog.waitFor()
      }
      await lan.goTo(codes[0]!)
      await page.getByRole('button', { name: 'Việc khác' }).click()
      await take('matter-menu')
      await page.keyboard.press('Escape')
      await more('Nhãn')
      await dialog.getByLabel('Thêm nhãn').fill('Chờ điện lực')
      await page.keyboard.press('Enter')
      await dialog.getByLabel('Thêm nhãn').fill('báo chí')
      await take('labels')
      await dialog.getByRole('button', { name: 'Lưu nhãn' }).click()
      await more('Sàng lọc…')
      await dialog.getByRole('radio', { name: /Không thuộc phạm vi/ }).check()
      await take('screening')
      await page.keyboard.press('Escape')
      await more('Hướng dẫn gọi số…')
      await dialog.getByRole('radio').first().check()
      await take('referral')
      await page.keyboard.press('Escape')
      await more('Gắn vào sự việc chung…')
      await dialog.getByLabel('Tên sự việc').fill(`Cột điện nghiêng đường Lê Lợi ${size} ${colorScheme}`)
      await take('incident-dialog')
      await dialog.getByRole('button', { name: 'Tạo sự việc' }).click()
      await page.getByRole('button', { name: `Thêm phiếu ${codes[1]} vào sự việc` }).click()
      await page.getByRole('button', { name: `Gỡ phiếu ${codes[1]} khỏi sự việc` }).waitFor()
      await page.getByLabel('Câu trả lời cho mọi người đã báo').fill('Dạ, đội điện đang dựng lại cột, 15 giờ xong ạ.')
      await take('incident')
      await page.getByRole('checkbox', { name: /Đánh dấu xong/ }).uncheck()
      await page.getByRole('button', { name: /^Gửi tới/ }).click()
      await page.getByText(/^Đã trả lời/).waitFor()
      await take('incident-answered')
      await page.goto('/desk/incidents')
      await page.getByRole('link', { name: /Cột điện nghiêng/ }).first().waitFor()
      await take('incidents')
      await lan.goTo(codes[0]!)
      await more('Tạm gác…')
      await take('snooze')
      await dialog.getByRole('radio', { name: /Sáng mai/ }).check()
      await dialog.getByRole('button', { name: 'Tạm gác', exact: true }).click()
      await lan.thread.getByText(/Tạm gác tới/).first().waitFor()
      await take('matter-tags')
      await page.goto('/desk?view=snoozed')
      await expect(lan.rows.first()).toBeVisible()
      await take('snoozed')
      await lan.goTo(codes[0]!)
      if (size === 'phone') await page.getByRole('button', { name: 'Thông tin thêm' }).click()
      await lan.context.getByRole('button', { name: 'Gộp với người khác…' }).click()
      await dialog.last().getByLabel('Mã một phiếu của người kia').fill(codes[2]!)
      await dialog.last().getByRole('button', { name: 'Xem trước khi gộp' }).click()
      await dialog.last().getByText(/Sẽ chuyển/).waitFor()
      await take('merge')
    })
  }
}
