import type { Page } from '@playwright/test'
import { workbook } from '../support/workbook.ts'
import type { Screen } from './screen.ts'

function screen(name: string, title: string, pages: string[], path: string, ready: (page: Page) => Promise<unknown>): Screen {
  return {
    name,
    title,
    pages,
    async show(look) {
      const { page } = await look.member('truongca')
      await page.goto(path)
      await ready(page)
      return page
    },
  }
}

const header = ['Mã', 'Câu hỏi', 'Trả lời', 'Đơn vị']
const department = 'Sở Khoa học và Công nghệ'

async function choose(page: Page, rows: string[][]): Promise<void> {
  await page.getByLabel('Chọn tệp', { exact: true }).setInputFiles(workbook('so-khcn.xlsx', 'Hỏi đáp', [header, ...rows]))
}

export const knowledge: Screen[] = [
  screen('knowledge', 'Kho hỏi đáp', ['/admin/knowledge'], '/admin/knowledge', (page) => page.getByText(/\d+ mục hỏi đáp/).waitFor()),
  screen('knowledge-nothing', 'Kho hỏi đáp: không tìm thấy', [], '/admin/knowledge', async (page) => {
    await page.getByText(/\d+ mục hỏi đáp/).waitFor()
    await page.getByRole('searchbox').first().fill('xyzt')
    await page.getByText('Không có mục nào khớp').waitFor()
  }),
  screen('entry', 'Một mục hỏi đáp', ['/admin/knowledge/:id'], '/admin/knowledge/DVX01', (page) => page.getByRole('region', { name: 'Đang trả lời người dân' }).waitFor()),
  screen('entry-review', 'Bản nháp chờ duyệt', [], '/admin/knowledge/D402', (page) => page.getByRole('button', { name: 'Duyệt và đăng' }).waitFor()),
  screen('entry-edit', 'Sửa một mục', [], '/admin/knowledge/D406', async (page) => {
    await page.getByRole('button', { name: 'Sửa', exact: true }).click()
    await page.getByRole('button', { name: 'Lưu nháp' }).waitFor()
  }),
  screen('entry-new', 'Soạn mục mới', ['/admin/knowledge/new'], '/admin/knowledge/new', async (page) => {
    await page.getByRole('button', { name: 'Lưu nháp' }).click()
    await page.locator('[aria-invalid="true"]').first().waitFor()
  }),
  screen('knowledge-bench', 'Hỏi thử: bot sẽ làm gì và vì sao', ['/admin/knowledge/bench'], '/admin/knowledge/bench', async (page) => {
    await page.getByRole('textbox', { name: 'Câu hỏi' }).fill('tiem mui 3 o dau')
    await page.getByRole('button', { name: 'Hỏi', exact: true }).click()
    await page.getByRole('heading', { name: 'Bot trả lời' }).waitFor()
  }),
  screen('knowledge-questions', 'Câu hỏi đã lưu', ['/admin/knowledge/questions'], '/admin/knowledge/questions', (page) => page.getByRole('heading', { level: 1 }).waitFor()),
  screen('knowledge-missed', 'Câu chưa trả lời được', ['/admin/knowledge/missed'], '/admin/knowledge/missed', (page) => page.getByRole('listitem').filter({ hasText: 'điện' }).first().waitFor()),
  screen('knowledge-board', 'Tiến độ của các đơn vị', ['/admin/knowledge/board'], '/admin/knowledge/board', (page) => page.getByRole('row').nth(1).waitFor()),
  screen('import', 'Nhập tệp Excel', ['/admin/knowledge/import'], '/admin/knowledge/import', (page) => page.getByRole('button', { name: 'Chọn tệp' }).waitFor()),
  screen('import-problems', 'Nhập tệp Excel: lỗi theo ô', [], '/admin/knowledge/import', async (page) => {
    await choose(page, [['KC1', 'Đăng ký sáng chế ở đâu?', '', department], ['KC2', 'Lệ phí sáng chế bao nhiêu?', 'Miễn phí năm đầu.', 'Sở Vũ trụ']])
    await page.getByRole('row', { name: 'C2' }).waitFor()
  }),
  screen('import-changes', 'Nhập tệp Excel: xem trước thay đổi', [], '/admin/knowledge/import', async (page) => {
    await choose(page, [['KC1', 'Đăng ký sáng chế ở đâu?', 'Nộp tại Sở.', department], ['KC2', 'Lệ phí sáng chế bao nhiêu?', 'Miễn phí năm đầu.', department]])
    await page.getByRole('button', { name: 'Áp dụng 2 thay đổi' }).waitFor()
  }),
]
