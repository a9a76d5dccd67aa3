import { computed, onScopeDispose, ref, shallowReactive, shallowRef } from 'vue'
import { api, outcome, type Outcome } from '@/api/client'
import type { Conversation, ConversationDetail, LiveEvent, Message, Problem } from '@/api/types'
import { useConversations } from '@/stores/conversations'
import { useLive } from '@/stores/live'

const pageSize = 60
/** The server gives no longer ones. */
const longestPage = 200

/** One open conversation: what is known of it and what has been said, back to the message `from` at least. */
export function useThread(id: string, from?: number) {
  const conversations = useConversations()
  const live = useLive()
  const state = ref<'loading' | 'ready' | 'failed'>('loading')
  const problem = ref<Problem>()
  const detail = shallowRef<ConversationDetail>()
  const bySeq = shallowReactive(new Map<number, Message>())
  const hasOlder = ref(false)
  const loadingOlder = ref(false)
  /** The last message that had been read when the conversation was opened. */
  const readTo = ref<number>()
  let over = false

  const conversation = computed<Conversation | undefined>(() => conversations.byId.get(id) ?? detail.value?.conversation)
  // As people read them: what came late stands where it was said.
  const messages = computed(() => [...bySeq.values()].sort((a, b) => Date.parse(a.shown_at) - Date.parse(b.shown_at) || a.seq - b.seq))
  const firstSeq = computed(() => Math.min(...bySeq.keys(), Infinity))
  const lastSeq = computed(() => Math.max(...bySeq.keys(), 0))

  // One look at messages at a time, so that an older answer never lands on a newer one.
  let line: Promise<unknown> = Promise.resolve()
  function inLine<T>(work: () => Promise<T>): Promise<T> {
    const result = line.then(work)
    line = result.catch(() => undefined)
    return result
  }

  async function load() {
    state.value = 'loading'
    const [opened, page] = await Promise.all([
      outcome(api.GET('/conversations/{id}', { params: { path: { id } } })),
      inLine(() => fetchMessages({})),
    ])
    if (over) return
    problem.value = opened.problem ?? page.problem
    if (!opened.data || !page.data) {
      state.value = 'failed'
      return
    }
    takeDetail(opened.data)
    readTo.value ??= opened.data.conversation.read_seq
    hasOlder.value = page.data.more
    if (from) await reach(from)
    if (!over) state.value = 'ready'
  }

  function takeDetail(opened: ConversationDetail) {
    detail.value = opened
    conversations.put(opened.conversation)
    for (const earlier of opened.earlier) conversations.put(earlier)
  }

  async function fetchMessages(query: { before?: number; after?: number; limit?: number }): Promise<Outcome<{ more: boolean }>> {
    const page = await outcome(
      api.GET('/conversations/{id}/messages', { params: { path: { id }, query: { limit: pageSize, ...query } } }),
    )
    if (page.data && !over) for (const message of page.data.messages) bySeq.set(message.seq, message)
    return page.data ? { data: { more: page.data.more } } : page
  }

  async function loadOlder(limit = pageSize) {
    if (bySeq.size === 0 || !hasOlder.value || loadingOlder.value) return
    loadingOlder.value = true
    const page = await inLine(() => fetchMessages({ before: firstSeq.value, limit }))
    if (page.data) hasOlder.value = page.data.more
    loadingOlder.value = false
  }

  /** Fetches what was said before, back to a message; false when it cannot be had. */
  async function reach(seq: number): Promise<boolean> {
    for (let first = Infinity; !over && !bySeq.has(seq); ) {
      await line // older ones may be on their way already
      if (firstSeq.value >= first) return false
      first = firstSeq.value
      if (seq > first) return false
      await loadOlder(longestPage)
    }
    return !over
  }

  /** Fetches what has been said since, however much that is. */
  function loadNewer() {
    return inLine(async () => {
      let more = state.value === 'ready'
      while (more && !over) more = (await fetchMessages({ after: lastSeq.value })).data?.more ?? false
    })
  }

  /** Looks at one message again: its delivery moved on, or the bot has dealt with it. */
  function reload(seq: number) {
    return inLine(() => fetchMessages({ after: seq - 1, limit: 1 }))
  }

  function put(message: Message) {
    bySeq.set(message.seq, message)
  }

  /** Fetches what is new; who the person is may be among it. */
  async function takeNews() {
    const known = lastSeq.value
    await loadNewer()
    if (messages.value.some((m) => m.seq > known && m.change?.action === 'contact.shared')) await lookAgain()
  }

  async function lookAgain() {
    const { data } = await outcome(api.GET('/conversations/{id}', { params: { path: { id } } }))
    if (data && !over) takeDetail(data)
  }

  // The handoff comes with the details; they are fetched again only when the matter
  // goes over to people, because each look is kept on record.
  let handler: string | undefined
  /** How the person is called in the lists: who it is comes with the details as well. */
  let called: string | undefined
  async function follow(event: LiveEvent) {
    if (event.conversation?.id !== id || state.value !== 'ready') return
    if (event.conversation.last_seq > lastSeq.value) void takeNews()
    // What is on its way to this page may have been read before it changed.
    if (event.kind === 'message.changed' && event.seq) void reload(event.seq)
    const before = handler ?? detail.value?.conversation.handler
    handler = event.conversation.handler
    const renamed = (called ?? detail.value?.conversation.contact_name) !== event.conversation.contact_name
    called = event.conversation.contact_name
    if (renamed) await lookAgain()
    if (before === 'bot' && handler === 'people') {
      await lookAgain()
      const asked = messages.value.findLast((m) => m.author.kind === 'citizen')
      if (asked) void reload(asked.seq)
    }
  }

  const unlisten = live.listen(
    (event) => void follow(event),
    () => void loadNewer(),
  )
  onScopeDispose(() => {
    over = true
    unlisten()
  })
  void load()

  return {
    state, problem, detail, conversation, messages, lastSeq, hasOlder, loadingOlder, readTo,
    load, loadOlder, loadNewer, reach, put,
  }
}

export type Thread = ReturnType<typeof useThread>
