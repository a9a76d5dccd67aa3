import { beforeEach, describe, expect, it } from 'vitest'
import type { Message, NewReply } from '@/api/types'
import { message, refusal, serve } from '@/testing/made'
import { useReply, type Pending, type ReplyContext } from './reply'

const route = 'POST /conversations/c/replies'
const saved = (body: NewReply): Message => message(9, { direction: 'out', text: body.text, key: body.key })

function writing(more: Partial<ReplyContext> = {}) {
  const kept: Pending[] = []
  let conflicts = 0
  const reply = useReply({
    member: 'm1', conversation: 'c', seenSeq: () => 8, textLimit: () => 0, nameOf: (id) => (id === 'ha' ? 'Lê Thu Hà' : id),
    kept: (_, sent) => kept.push(sent), conflicted: () => conflicts++, ...more,
  })
  const write = (text: string) => (reply.draft.value = { ...reply.draft.value, text })
  return { reply, write, kept, conflicts: () => conflicts }
}

beforeEach(() => localStorage.clear())

describe('an answer', () => {
  it('leaves the box at once, carries a key and what the writer had seen', async () => {
    const asked = serve({ [route]: saved })
    const { reply, write, kept } = writing()
    write('  Dạ, 115 ạ.  ')
    const sending = reply.send()
    expect(reply.draft.value.text).toBe('')
    expect(reply.pending.value).toMatchObject([{ text: 'Dạ, 115 ạ.', state: 'sending' }])
    await sending
    expect(reply.pending.value).toEqual([])
    expect(kept).toHaveLength(1)
    expect(asked[0]?.body).toMatchObject({ text: 'Dạ, 115 ạ.', seen_seq: 8 })
    expect((asked[0]?.body as NewReply).key).toMatch(/^[0-9a-f]{32}$/)
  })

  it('that is refused is back in the box with the reason, before what was typed meanwhile', async () => {
    serve({ [route]: () => refusal(422, 'invalid', 'Kênh này nhận tối đa 2000 ký tự một tin.') })
    const { reply, write } = writing()
    write('dài quá')
    const sending = reply.send()
    write('còn nữa')
    await sending
    expect(reply.draft.value.text).toBe('dài quá\n\ncòn nữa')
    expect(reply.problem.value?.message).toContain('2000')
    expect(reply.pending.value).toEqual([])
  })

  it('that is a letter carries its copies, and brings them back when it is refused', async () => {
    let taken = false
    const asked = serve({ [route]: (body: NewReply) => (taken ? saved(body) : refusal(422, 'invalid', 'Có chỗ chưa đúng.')) })
    const { reply, write } = writing()
    reply.draft.value = { ...reply.draft.value, cc: [{ mail: 'a@example.vn' }] }
    write('Kính gửi anh')
    await reply.send()
    expect(reply.draft.value.cc).toEqual([{ mail: 'a@example.vn' }])
    taken = true
    await reply.send()
    expect(asked.map((a) => (a.body as NewReply).cc)).toEqual([[{ mail: 'a@example.vn' }], [{ mail: 'a@example.vn' }]])
    expect(reply.draft.value.cc).toBeUndefined()
  })

  it('that crosses something new asks, and goes when told to', async () => {
    const asked = serve({ [route]: (body: NewReply) => (body.force ? saved(body) : refusal(409, 'conflict', 'Có tin mới.')) })
    const { reply, write, kept, conflicts } = writing()
    write('Dạ vâng')
    await reply.send()
    expect(reply.conflict.value).toBe(true)
    expect(reply.draft.value.text).toBe('Dạ vâng')
    expect(conflicts()).toBe(1)
    await reply.send({ force: true })
    expect(kept).toHaveLength(1)
    expect(reply.conflict.value).toBe(false)
    expect(asked).toHaveLength(2)
  })

  it('nobody answered for waits, and is sent again under the same key', async () => {
    let reachable = false
    const asked = serve({
      [route]: (body: NewReply) => {
        if (!reachable) throw new TypeError('network')
        return saved(body)
      },
    })
    const { reply, write, kept } = writing()
    write('Dạ vâng')
    await reply.send()
    const [waiting] = reply.pending.value
    expect(waiting).toMatchObject({ text: 'Dạ vâng', state: 'unreached' })
    reachable = true
    await reply.resend(waiting!.key)
    expect(kept).toHaveLength(1)
    expect(asked.map((a) => (a.body as NewReply).key)).toEqual([waiting!.key, waiting!.key])
  })

  it('that was on its way when the page closed is still there, until the thread shows it', async () => {
    serve({ [route]: () => new Promise(() => {}) })
    const first = writing()
    first.write('Dạ vâng')
    void first.reply.send()
    const { reply } = writing()
    expect(reply.pending.value).toMatchObject([{ text: 'Dạ vâng', state: 'unreached' }])
    reply.confirm(reply.pending.value[0]!.key)
    expect(reply.pending.value).toEqual([])
  })

  it('over the limit of the channel, or empty, cannot be sent', async () => {
    const asked = serve({ [route]: saved })
    const { reply, write } = writing({ textLimit: () => 3 })
    write('bốn!')
    expect(reply.left.value).toBe(-1)
    expect(reply.sendable.value).toBe(false)
    await reply.send()
    write('   ')
    await reply.send()
    expect(asked).toHaveLength(0)
  })
})

describe('a draft', () => {
  it('survives a reload, for each conversation and kind', () => {
    const { reply, write } = writing()
    write('đang viết dở')
    reply.mode.value = 'note'
    write('nhớ gọi lại')
    const again = writing()
    expect(again.reply.draft.value.text).toBe('đang viết dở')
    again.reply.mode.value = 'note'
    expect(again.reply.draft.value.text).toBe('nhớ gọi lại')
    expect(writing({ conversation: 'khác' }).reply.draft.value.text).toBe('')
    expect(writing({ member: 'm2' }).reply.draft.value.text).toBe('')
  })

  it('takes an entry’s answer below what was written', async () => {
    const asked = serve({ [route]: saved })
    const { reply, write } = writing()
    write('Dạ chào anh ạ.')
    reply.insert('Tiêm tại trạm y tế.', 'D101')
    expect(reply.draft.value.text).toBe('Dạ chào anh ạ.\n\nTiêm tại trạm y tế.')
    await reply.send()
    expect(asked[0]?.body).toMatchObject({ entry: 'D101' })
  })

  it('takes what a department proposes with its files, once however often it is pressed, and no more when it is changed', async () => {
    const asked = serve({ [route]: saved })
    const { reply, write } = writing()
    const file = (id: string) => ({ id, name: `${id}.pdf`, type: 'application/pdf', size: 9 })
    reply.draft.value = { text: 'Dạ chào anh ạ.', attachments: [file('a')] }
    reply.mode.value = 'note'
    for (let pressed = 0; pressed < 2; pressed++) reply.takeUp('Sở đã cử người xuống.', [file('a'), file('b')])
    expect(reply.mode.value).toBe('reply')
    expect(reply.draft.value.text).toBe('Dạ chào anh ạ.\n\nSở đã cử người xuống.')
    expect(asked).toEqual([])
    write('Dạ, Sở đã cử người xuống ạ.')
    await reply.send()
    expect(asked[0]?.body).toMatchObject({ text: 'Dạ, Sở đã cử người xuống ạ.', attachments: [{ id: 'a', name: 'a.pdf' }, { id: 'b', name: 'b.pdf' }] })
    reply.takeUp('', [file('c')])
    expect(reply.draft.value).toMatchObject({ text: '', attachments: [{ id: 'c' }] })
  })

  it('answers the message that was chosen, also after a reload, and only once', async () => {
    const asked = serve({ [route]: saved })
    writing().reply.quote('m5')
    const { reply, write } = writing()
    expect(reply.draft.value.quotes).toBe('m5')
    write('Dạ, lúc 7 giờ ạ.')
    await reply.send()
    write('Còn gì nữa không ạ?')
    await reply.send()
    expect(asked.map((a) => (a.body as NewReply).quotes)).toEqual(['m5', undefined])
  })

  it('that is refused still answers the same message', async () => {
    serve({ [route]: () => refusal(422, 'invalid', 'dài quá') })
    const { reply, write } = writing()
    reply.quote('m5')
    write('Dạ')
    await reply.send()
    expect(reply.draft.value.quotes).toBe('m5')
  })

  it('a note goes to the notes and never to the citizen', async () => {
    const asked = serve({ 'POST /conversations/c/notes': saved })
    const { reply, write } = writing()
    reply.mode.value = 'note'
    write('nội bộ')
    await reply.send()
    expect(asked.map((a) => a.route)).toEqual(['POST /conversations/c/notes'])
  })
})
