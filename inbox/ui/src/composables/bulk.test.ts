import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { BulkOrder } from '@/api/types'
import { useConversations } from '@/stores/conversations'
import { useToasts } from '@/stores/toasts'
import { conversation, refusal, serve } from '@/testing/made'
import { useBulk } from './bulk'

beforeEach(() => setActivePinia(createPinia()))

const ids = (n: number) => Array.from({ length: n }, (_, i) => `c${i}`)
function known(n: number) {
  for (const [i, id] of ids(n).entries()) useConversations().put(conversation(id, { assignee: i % 2 ? 'minh' : undefined }))
}

describe('one act with many', () => {
  it('goes a few at a time and says of each what became of it', async () => {
    known(23)
    const asked = serve({
      'POST /bulk': (order: BulkOrder) =>
        order.conversations.map((id) =>
          id === 'c7' ? { id, problem: { code: 'conflict', message: 'Phiếu đã có người nhận.' } } : { id, conversation: conversation(id, { assignee: 'lan', version: 2 }) },
        ),
    })
    const bulk = useBulk()
    expect(await bulk.run({ act: 'take' }, ids(23))).toEqual(['c7'])
    expect(asked.map((one) => (one.body as BulkOrder).conversations.length)).toEqual([10, 10, 3])
    expect(bulk.refused.value).toMatchObject([{ why: 'Phiếu đã có người nhận.', conversation: { id: 'c7' } }])
    expect(useConversations().byId.get('c3')?.assignee).toBe('lan')
    expect(useToasts().toasts[0]?.text).toContain('22')
  })

  it('is undone to whoever had each', async () => {
    known(4)
    const asked = serve({ 'POST /bulk': (order: BulkOrder) => order.conversations.map((id) => ({ id, conversation: conversation(id, { version: 3 }) })) })
    await useBulk().run({ act: 'take' }, ids(4))
    useToasts().toasts[0]!.undo!()
    await vi.waitFor(() => expect(asked).toHaveLength(3))
    expect(asked.slice(1).map((one) => one.body)).toEqual([
      { act: 'assign', member: '', conversations: ['c0', 'c2'] },
      { act: 'assign', member: 'minh', conversations: ['c1', 'c3'] },
    ])
  })

  it('stops where no answer comes, and says so of the rest', async () => {
    known(12)
    let calls = 0
    serve({
      'POST /bulk': (order: BulkOrder) =>
        calls++ === 0 ? order.conversations.map((id) => ({ id, conversation: conversation(id, { version: 2 }) })) : refusal(503, 'unavailable', 'Hệ thống đang bận.'),
    })
    const bulk = useBulk()
    expect(await bulk.run({ act: 'resolve' }, ids(12))).toEqual(['c10', 'c11'])
    expect(bulk.refused.value[0]?.why).toBe('Hệ thống đang bận.')
  })
})
