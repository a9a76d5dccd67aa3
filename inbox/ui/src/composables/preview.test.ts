import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { nextTick, reactive } from 'vue'
import type { EntryText } from '@/api/types'
import { inScope, refusal, serve } from '@/testing/made'
import { pauseInTyping, usePreview } from './preview'

const showing = (message: string) => [{ channel: 'web', kind: 'webchat', name: 'Web', messages: [message], buttons: [], numbered: false }]

describe('what citizens would see while an entry is written', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  async function pause() {
    await nextTick()
    await vi.advanceTimersByTimeAsync(pauseInTyping)
  }

  function open(text: Partial<EntryText> = {}) {
    const written = reactive<EntryText>({ question: 'Hỏi?', answer: 'Một.', variants: [], category: '', department: '', ...text })
    return { written, ...inScope(() => usePreview(() => 'YT-1', () => written)) }
  }

  it('is there at once, and anew after a pause, not with each letter', async () => {
    const asked = serve({ 'POST /knowledge/preview': (body: { text: EntryText }) => showing(body.text.answer) })
    const { written, made } = open()
    await vi.waitFor(() => expect(made.showings.value[0]?.messages).toEqual(['Một.']))
    for (const letter of [' H', ' Ha', ' Hai']) {
      written.answer = `Một.${letter}`
      await nextTick()
      await vi.advanceTimersByTimeAsync(pauseInTyping / 2)
    }
    expect(asked).toHaveLength(1)
    await pause()
    await vi.waitFor(() => expect(made.showings.value[0]?.messages).toEqual(['Một. Hai']))
    expect(asked).toHaveLength(2)
  })

  it('is never put back by an answer that comes late', async () => {
    const held: ((value: unknown) => void)[] = []
    serve({ 'POST /knowledge/preview': () => new Promise((resolve) => held.push(resolve)) })
    const { written, made } = open()
    written.answer = 'Hai.'
    await pause()
    await vi.waitFor(() => expect(held).toHaveLength(2))
    held[1]!(showing('Hai.'))
    await vi.waitFor(() => expect(made.showings.value[0]?.messages).toEqual(['Hai.']))
    held[0]!(showing('Một.'))
    await vi.advanceTimersByTimeAsync(50)
    expect(made.showings.value[0]?.messages).toEqual(['Hai.'])
  })

  it('stays while the server refuses, says so, and goes with the words', async () => {
    let refuses = false
    serve({ 'POST /knowledge/preview': () => (refuses ? refusal(503, 'unavailable', 'bận') : showing('Một.')) })
    const { written, made } = open()
    await vi.waitFor(() => expect(made.showings.value).toHaveLength(1))
    refuses = true
    written.question = 'Hỏi gì?'
    await pause()
    await vi.waitFor(() => expect(made.problem.value?.code).toBe('unavailable'))
    expect(made.showings.value).toHaveLength(1)
    written.answer = ' '
    await pause()
    expect(made.showings.value).toEqual([])
    expect(made.problem.value).toBeUndefined()
  })

  it('asks for nothing once it is closed', async () => {
    const asked = serve({ 'POST /knowledge/preview': () => showing('Một.') })
    const { written, stop } = open()
    written.answer = 'Hai.'
    await nextTick()
    stop()
    await pause()
    expect(asked).toHaveLength(1)
  })
})
