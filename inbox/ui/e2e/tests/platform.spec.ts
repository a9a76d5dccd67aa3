import { expectAccessible } from '../support/axe.ts'
import { phone, wide } from '../support/browser.ts'
import { expect, test } from '../support/test.ts'
import { everything, Zalo } from '../support/zalo.ts'

// What a platform's messages look like at the desk, and what its rules allow one to do.

for (const [size, viewport] of Object.entries({ wide, phone })) {
  test(`what a platform brings is shown for what it is, ${size}`, async ({ people }) => {
    const widget = await people.citizen()
    const code = await widget.askUnknown()
    const desk = await people.member('lan', { viewport })
    const zalo = await Zalo.on(desk.page)
    zalo.said = everything
    await desk.goTo(code)

    await expect(desk.thread.getByRole('img', { name: 'Zalo 1022 Thanh Hóa' }).first()).toBeVisible()
    await expect(desk.log.getByRole('img', { name: 'Nhãn dán' })).toBeVisible()
    await expect(desk.log.getByRole('link', { name: 'cột điện.png' })).toBeVisible()
    await expect(desk.log.getByLabel('Tin thoại')).toHaveAttribute('controls')
    await expect(desk.log.getByText('Video: đang tải về từ kênh…')).toBeVisible()
    await expect(desk.log.getByText('Tin thoại: Kênh không còn giữ tệp này.')).toBeVisible()
    await expect(desk.log.getByRole('link', { name: 'Vị trí trên bản đồ' })).toHaveAttribute('href', /mlat=19\.80670&mlon=105\.78520/)
    await expect(desk.log.getByRole('link', { name: 'Trần Văn Mẫu' })).toHaveAttribute('href', 'tel:0912345678')
    await expect(desk.message('Tôi hỏi từ tối qua')).toContainText('Đến muộn, lúc')
    await expect(desk.message('em xin lỗi')).toContainText('Trả lời trên ứng dụng Zalo')
    await expect(desk.message('em xin lỗi')).toContainText('Đã xem')
    await expect(desk.message('cột điện ở đâu ạ')).toContainText('Đã nhận')
    await expect(desk.message('Như lần trước').getByRole('link')).toHaveText('Trả lời một tin ở phiếu TH-261101-0007')
    await expect(desk.log.getByText('Người dân chia sẻ thông tin liên hệ')).toBeVisible()
    await expect(desk.log.getByText('12 Lê Lợi, phường Hạc Thành')).toBeVisible()
    const failed = desk.message('em gửi mẫu đơn')
    await expect(failed).toContainText('Zalo không nhận loại tệp này')
    await expect(failed.getByRole('button', { name: 'Gửi lại' })).toBeVisible()
    await expect(desk.message('chờ em chút')).toContainText('Kênh mất quyền gửi')

    // Pressing a quote leads to what it answers.
    await desk.message('cột điện ở đâu ạ').getByRole('button', { name: /Ảnh/ }).click()
    await expect(desk.log.locator('[data-seq="1"]')).toHaveAttribute('aria-current', 'true')
    await expectAccessible(desk.page, `a thread of a platform, ${size}`)
    const over = await desk.page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
    expect(over, 'it fits the width of the screen').toBeLessThanOrEqual(0)
  })
}

test('an answer is to the message that was chosen, until it is let go', async ({ people }) => {
  const widget = await people.citizen()
  const code = await widget.askUnknown()
  const desk = await people.member('lan')
  await Zalo.on(desk.page)
  await desk.goTo(code)
  const asked = desk.message('cột điện trước cửa')
  await asked.hover()
  await asked.getByRole('button', { name: /^Trả lời tin này/ }).click()
  await expect(desk.answer).toBeFocused()
  await expect(desk.thread.getByText('Trả lời tin:')).toBeAttached()
  await desk.page.getByRole('button', { name: 'Không trích tin này nữa' }).click()
  await expect(desk.page.getByRole('button', { name: 'Không trích tin này nữa' })).toHaveCount(0)

  await asked.hover()
  await asked.getByRole('button', { name: /^Trả lời tin này/ }).click()
  await desk.reply('Dạ, em báo ngay ạ.')
  await expect(desk.message('em báo ngay').getByRole('button', { name: /cột điện trước cửa/ })).toBeVisible()
  await expect(desk.page.getByRole('button', { name: 'Không trích tin này nữa' })).toHaveCount(0)
})

test('the composer says how long and how often one may answer', async ({ people }) => {
  const widget = await people.citizen()
  const code = await widget.askUnknown()
  const desk = await people.member('lan')
  const zalo = await Zalo.on(desk.page)
  await desk.goTo(code)
  await expect(desk.thread.getByText(/^Zalo 1022 Thanh Hóa\s*·\s*còn trả lời được 6 ngày/)).toBeVisible()
  await expect(desk.thread.getByText(/\d tin miễn phí trong 1 ngày/)).toBeVisible()

  zalo.free = 1
  await desk.page.reload()
  await expect(desk.thread.getByText('Hết tin miễn phí: kênh có thể tính phí hoặc từ chối')).toBeVisible()
  await expect(desk.answer).toBeEnabled()
})

test('a closed window says why, keeps what was begun, and offers another way', async ({ people }) => {
  const widget = await people.citizen()
  const code = await widget.askUnknown()
  const desk = await people.member('lan')
  const zalo = await Zalo.on(desk.page)
  await desk.goTo(code)
  await desk.answer.fill('Dạ, em đang hỏi')

  zalo.window = 1
  zalo.phone = '0912345678'
  await desk.page.reload()
  await expect(desk.thread.getByText(/Zalo 1022 Thanh Hóa chỉ nhận câu trả lời đến/)).toBeVisible()
  await expect(desk.answer).toHaveCount(0)
  await expect(desk.thread.getByRole('link', { name: 'Gọi 0912345678' })).toHaveAttribute('href', 'tel:0912345678')
  await expectAccessible(desk.page, 'a closed window')

  // Notes can still be written, and what was begun is there when the citizen writes again.
  await desk.page.getByRole('tab', { name: 'Ghi chú' }).click()
  await expect(desk.note).toBeEnabled()
  zalo.window = 7 * 24 * 3600
  await desk.page.reload()
  await expect(desk.answer).toHaveValue('Dạ, em đang hỏi')
})

test('a file of a kind that the channel does not take is not sent', async ({ people }) => {
  const widget = await people.citizen()
  const code = await widget.askUnknown()
  const desk = await people.member('lan')
  await Zalo.on(desk.page)
  await desk.goTo(code)
  await desk.page.getByLabel('Đính kèm tệp', { exact: true }).first().setInputFiles({ name: 'phim.mp4', mimeType: 'video/mp4', buffer: Buffer.from('x') })
  await expect(desk.page.getByText('phim.mp4: kênh này không nhận loại tệp này.')).toBeVisible()
})
