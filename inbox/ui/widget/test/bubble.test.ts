import { describe, expect, it, vi } from 'vitest'
import { bubble, size, type Actions } from '../src/bubble'
import { linked, outward } from '../src/dom'
import { entries } from '../src/entries'
import type { Said } from '../src/wire'
import { words } from '../src/words'

const actions: Actions = { press: vi.fn(), retry: vi.fn(), discard: vi.fn(), fetch: vi.fn(async () => 'blob:x') }

function draw(more: Partial<Said>): HTMLElement {
  const said: Said = {
    cursor: 'c1.1', conversation: 'c1', seq: 1, code: 'TH-1', id: 'm1', own: false, author: 'bot',
    automatic: true, at: '2026-11-21T02:00:00Z', text: '', ...more,
  }
  return bubble(entries([said], [])[0]!, Date.parse(said.at), words.vi, actions)
}

describe('a bubble', () => {
  it.each([
    '<script>alert(1)</script>',
    '<img src=x onerror=alert(1)>',
    '&lt;b&gt; & "quotes"',
    '{{constructor}} ${alert(1)}',
    'javascript:alert(1)',
    '\u202egpj.exe \u0000',
  ])('shows %s as text', (text) => {
    for (const element of [draw({ text }), draw({ name: text }), draw({ choices: [{ label: text, value: text }] }), draw({ form: [{ label: text, value: text }] }), draw({ files: [{ name: text, type: 'application/pdf', size: 1 }] }), draw({ links: [{ label: text, url: text }] })]) {
      expect(element.querySelector('script,img,a')).toBeNull()
      expect(element.textContent).toContain(text)
    }
  })

  it('makes links of web addresses only, without the full stop after them', () => {
    const parts = linked('Xem https://a.vn/b?c=1. Hoặc (http://d.vn), không phải ftp://e.vn')
    expect(parts.map((p) => (typeof p === 'string' ? p : (p as HTMLAnchorElement).href))).toEqual([
      'Xem ', 'https://a.vn/b?c=1', '. Hoặc (', 'http://d.vn/', '), không phải ftp://e.vn',
    ])
  })

  it.each(['javascript:alert(1)', 'data:text/html,x', 'vbscript:x', ' java\nscript:alert(1)', 'blob:x', '//a.vn', 'not an address'])(
    'does not open %s',
    (url) => expect(outward('nhãn', url).nodeType).toBe(Node.TEXT_NODE),
  )

  it('opens other pages without telling them where from', () => {
    const link = outward('nhãn', 'https://a.vn') as HTMLAnchorElement
    expect([link.target, link.rel]).toEqual(['_blank', 'noopener noreferrer'])
    expect((outward('Gọi', 'tel:115') as HTMLAnchorElement).href).toBe('tel:115')
  })

  it('marks what a machine said', () => {
    expect(draw({ text: 'a' }).textContent).toContain('Tin tự động')
    expect(draw({ text: 'a', automatic: false, author: 'member', name: 'Hạnh' }).textContent).not.toContain('Tin tự động')
  })

  it('sends back the value of the choice that is pressed', () => {
    const element = draw({ choices: [{ label: 'Mũi 3', value: 'e1' }] })
    element.querySelector('button')!.click()
    expect(actions.press).toHaveBeenCalledWith('e1', 'Mũi 3')
  })

  it('shows pictures, and a row to download where they cannot be fetched', async () => {
    const file = { ticket: 't', name: 'ảnh.png', type: 'image/png', size: 2048 }
    const shown = draw({ files: [file] })
    await vi.waitFor(() => expect(shown.querySelector('img')?.alt).toBe('Ảnh ảnh.png'))
    vi.mocked(actions.fetch).mockRejectedValueOnce(new Error('gone'))
    const row = draw({ files: [file] })
    await vi.waitFor(() => expect(row.querySelector('button.file')?.textContent).toContain('ảnh.png2 KB'))
  })

  it('never shows inline what is not a known picture', () => {
    const element = draw({ files: [{ ticket: 't', name: 'a.svg', type: 'image/svg+xml', size: 1 }] })
    expect(element.querySelector('.photo')).toBeNull()
  })

  it('rounds sizes for people', () => {
    expect([size(10), size(2000), size(1.5 * 1024 * 1024)]).toEqual(['1 KB', '2 KB', '1,5 MB'])
  })
})
