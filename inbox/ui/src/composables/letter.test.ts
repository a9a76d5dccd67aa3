import { describe, expect, it } from 'vitest'
import { refusal, serve } from '@/testing/made'
import { askLetterPage, calledAddress, isAddress, letterPageUrl, ownSubject, readAddresses, withAddresses } from './letter'

describe('the subject of a letter', () => {
  const matter = { subject: 'Đèn đường hỏng', code: 'TH-261121-0042' }
  it.each([
    ['is not told again as it began', 'Đèn đường hỏng', ''],
    ['is not told again in an answer', 'Re: đèn đường hỏng', ''],
    ['is not told again with the code', 'Trả lời: Đèn đường hỏng [TH-261121-0042]', ''],
    ['is not told again behind the code', 'Re: [TH-261121-0042] Đèn đường hỏng', ''],
    ['is told where it is another', 'Re: Vỉa hè cũng lún', 'Re: Vỉa hè cũng lún'],
    ['is told where the code is all that is common', 'Bổ sung ảnh [TH-261121-0042]', 'Bổ sung ảnh [TH-261121-0042]'],
  ])('%s', (_, subject, want) => expect(ownSubject(subject, matter)).toBe(want))
  it('is told where the matter has none', () => {
    expect(ownSubject('Đèn', { code: 'TH-1' })).toBe('Đèn')
    expect(ownSubject(undefined, matter)).toBe('')
  })
})

describe('addresses', () => {
  it('are understood as they are typed and pasted', () => {
    const read = readAddresses('a@example.vn, "Sở Xây dựng" <sxd@thanhhoa.gov.vn>;\n<b@example.vn>\n, sở y tế; c@d')
    expect(read.found).toEqual([{ mail: 'a@example.vn' }, { name: 'Sở Xây dựng', mail: 'sxd@thanhhoa.gov.vn' }, { mail: 'b@example.vn' }])
    expect(read.wrong).toEqual(['sở y tế', 'c@d'])
  })
  it.each(['a@b', 'a b@example.vn', 'a@example.vn\r\nBcc: b@example.vn', '.a@example.vn', 'a..b@example.vn', 'a@-x.vn', `${'a'.repeat(65)}@example.vn`, `a@${'b.'.repeat(130)}vn`])(
    '%j is none',
    (mail) => expect(isAddress(mail)).toBe(false),
  )
  it('stand once in a list, however they are written', () => {
    expect(withAddresses([{ mail: 'a@example.vn' }], [{ name: 'A', mail: 'A@Example.vn' }, { mail: 'b@example.vn' }])).toEqual([{ mail: 'a@example.vn' }, { mail: 'b@example.vn' }])
  })
  it('are called by their owner', () => {
    expect(calledAddress({ name: 'Sở Y tế', mail: 'syt@example.vn' })).toBe('Sở Y tế (syt@example.vn)')
    expect(calledAddress({ mail: 'syt@example.vn' })).toBe('syt@example.vn')
  })
})

describe('a letter as it was laid out', () => {
  const route = 'GET /conversations/c/messages/m/page'
  it('tells how many pictures lie elsewhere, and fetches them only when told to', async () => {
    const asked = serve({ [route]: () => new Response('<p>thư</p>', { headers: { 'Content-Type': 'text/html', 'Tongdai-Remote-Pictures': '3' } }) })
    expect((await askLetterPage('c', 'm', false)).data).toBe(3)
    await askLetterPage('c', 'm', true)
    expect(asked.map(({ url }) => url.search)).toEqual(['', '?remote=true'])
    expect(letterPageUrl('c', 'm', true)).toBe('/api/v1/conversations/c/messages/m/page?remote=true')
  })
  it('that cannot be shown says why', async () => {
    serve({ [route]: () => refusal(409, 'conflict', 'Thư mã hóa nên không hiện được.') })
    expect((await askLetterPage('c', 'm', false)).problem?.message).toBe('Thư mã hóa nên không hiện được.')
  })
})
