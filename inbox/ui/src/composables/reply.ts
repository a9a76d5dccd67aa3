import { computed, ref, shallowReadonly } from 'vue'
import { api, outcome } from '@/api/client'
import type { Attachment, MailAddress, Message, Problem } from '@/api/types'
import { useStored } from './draft'
import { withAddresses } from './letter'

export type Mode = 'reply' | 'note'

/** What stands in the box. */
export interface Draft {
  text: string
  attachments: Attachment[]
  /** Who else gets the letter. */
  cc?: MailAddress[]
  /** The knowledge entry the text was taken from. */
  entry?: string
  /** The message it answers. */
  quotes?: string
  /** More is to follow, so what was promised is still owed. */
  interim?: boolean
  /** Where all read the conversation: for the citizen alone. */
  private?: boolean
  /** The members picked to be named in a note, whether or not their names still stand in it. */
  mentions?: string[]
}

/** What left the box and has not been confirmed. */
export interface Pending extends Draft {
  key: string
  mode: Mode
  seenSeq: number
  force: boolean
  resolve: boolean
  at: string
  /** unreached: no answer came; the server may have it, the key keeps it single. */
  state: 'sending' | 'unreached'
}

export interface ReplyContext {
  member: string
  conversation: string
  /** The newest message on the screen. */
  seenSeq: () => number
  /** Characters an answer may have on this channel; 0 for no limit. */
  textLimit: () => number
  /** What a member is called. */
  nameOf: (member: string) => string
  /** The server kept it. */
  kept: (message: Message, sent: Pending) => void
  /** Something newer was there than the writer had seen. */
  conflicted: () => void
}

const emptyDraft = (): Draft => ({ text: '', attachments: [] })
const isEmpty = (draft: Draft) => draft.text === '' && draft.attachments.length === 0 && !draft.quotes && !draft.cc?.length

/**
 * Writing into one conversation. What is sent shows at once as pending. A
 * refused text goes back into the box with the reason; one that nobody answered
 * for stays pending under its key and can be sent again without becoming two.
 */
export function useReply(context: ReplyContext) {
  const { member, conversation } = context
  const mode = ref<Mode>('reply')
  const drafts = {
    reply: useStored(`draft:${member}:${conversation}:reply`, emptyDraft, isEmpty),
    note: useStored(`draft:${member}:${conversation}:note`, emptyDraft, isEmpty),
  }
  const pending = useStored<Pending[]>(`outbox:${member}:${conversation}`, () => [], (list) => list.length === 0)
  // What was on its way when the page was closed: nobody knows what became of it.
  pending.value = pending.value.map((p) => ({ ...p, state: 'unreached' as const }))

  const problem = ref<Problem>()
  const conflict = ref(false)
  const draft = computed({ get: () => drafts[mode.value].value, set: (value) => (drafts[mode.value].value = value) })
  const left = computed(() => {
    const limit = mode.value === 'reply' ? context.textLimit() : noteLimit
    return limit > 0 ? limit - [...draft.value.text].length : undefined
  })
  const sendable = computed(
    () => (draft.value.text.trim() !== '' || (mode.value === 'reply' && draft.value.attachments.length > 0)) && (left.value ?? 0) >= 0,
  )

  async function send(options: { force?: boolean; resolve?: boolean } = {}) {
    if (!sendable.value) return
    const sent: Pending = {
      ...draft.value,
      text: draft.value.text.trim(),
      key: newKey(),
      mode: mode.value,
      seenSeq: context.seenSeq(),
      force: options.force ?? false,
      resolve: options.resolve ?? false,
      at: new Date().toISOString(),
      state: 'sending',
    }
    draft.value = emptyDraft()
    problem.value = undefined
    conflict.value = false
    pending.value = [...pending.value, sent]
    await deliver(sent)
  }

  async function resend(key: string) {
    const found = pending.value.find((p) => p.key === key)
    if (!found || found.state === 'sending') return
    const again: Pending = { ...found, state: 'sending' }
    replace(key, again)
    await deliver(again)
  }

  async function deliver(sent: Pending) {
    const { data, problem: refusal, unreached } = await post(conversation, sent, context.nameOf)
    if (data) {
      replace(sent.key)
      context.kept(data, sent)
    } else if (unreached) {
      replace(sent.key, { ...sent, state: 'unreached' })
    } else {
      replace(sent.key)
      putBack(sent)
      problem.value = refusal
      conflict.value = refusal.code === 'conflict' && sent.mode === 'reply'
      if (conflict.value) context.conflicted()
    }
  }

  /** Takes a pending text back to change it. What may have arrived all the same is said by the thread. */
  function takeBack(key: string) {
    const found = pending.value.find((p) => p.key === key)
    if (!found || found.state === 'sending') return
    replace(key)
    putBack(found)
  }

  function putBack(sent: Pending) {
    const typed = drafts[sent.mode].value
    drafts[sent.mode].value = {
      text: typed.text ? `${sent.text}\n\n${typed.text}` : sent.text,
      attachments: [...sent.attachments, ...typed.attachments],
      cc: sent.cc || typed.cc ? withAddresses(sent.cc ?? [], typed.cc ?? []) : undefined,
      entry: typed.entry ?? sent.entry,
      quotes: typed.quotes ?? sent.quotes,
      interim: typed.interim ?? sent.interim,
      private: typed.private ?? sent.private,
      mentions: [...(typed.mentions ?? []), ...(sent.mentions ?? [])],
    }
    mode.value = sent.mode
  }

  function replace(key: string, by?: Pending) {
    pending.value = pending.value.flatMap((p) => (p.key !== key ? [p] : by ? [by] : []))
  }

  /** A message has come with this key: it was kept after all. */
  function confirm(key: string) {
    if (pending.value.some((p) => p.key === key)) replace(key)
  }

  /** Puts a knowledge entry's answer where one writes, after what stands there. */
  function insert(text: string, entry: string) {
    mode.value = 'reply'
    draft.value = { ...draft.value, text: below(draft.value.text, text), entry }
  }

  /** Puts what a department would answer where one writes, with its files, after what stands there. What stands there already is not put twice. */
  function takeUp(text: string, files: readonly Attachment[]) {
    mode.value = 'reply'
    const { text: typed, attachments } = draft.value
    const missing = files.filter((file) => !attachments.some(({ id }) => id === file.id))
    draft.value = { ...draft.value, text: typed.includes(text) ? typed : below(typed, text), attachments: [...attachments, ...missing] }
  }

  /** A note names this member, who is told when it is kept. */
  function mention(member: string) {
    draft.value = { ...draft.value, mentions: [...new Set([...(draft.value.mentions ?? []), member])] }
  }

  /** What is written next answers this message. */
  function quote(message: string) {
    mode.value = 'reply'
    draft.value = { ...draft.value, quotes: message }
  }

  function dismiss() {
    problem.value = undefined
    conflict.value = false
  }

  return {
    mode, draft, left, sendable, pending: computed(() => pending.value), problem: shallowReadonly(problem), conflict: shallowReadonly(conflict),
    send, resend, takeBack, confirm, insert, takeUp, quote, mention, dismiss,
  }
}

const below = (typed: string, text: string) => (typed.trim() ? `${typed.trimEnd()}\n\n${text}` : text)

/** A name no other message has. Not randomUUID, which plain http pages lack. */
export function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** Characters a note may have; the server's limit of a transfer's note. */
const noteLimit = 4000

function post(id: string, sent: Pending, nameOf: (member: string) => string) {
  const params = { path: { id } }
  const { text, key } = sent
  if (sent.mode === 'note') {
    const mentions = sent.mentions?.filter((member) => text.includes(`@${nameOf(member)}`))
    return outcome(api.POST('/conversations/{id}/notes', { params, body: { text, key, mentions: mentions?.length ? mentions : undefined } }))
  }
  return outcome(
    api.POST('/conversations/{id}/replies', {
      params,
      body: {
        text,
        key,
        attachments: sent.attachments.length > 0 ? sent.attachments.map(({ id, name }) => ({ id, name })) : undefined,
        cc: sent.cc?.length ? sent.cc : undefined,
        entry: sent.entry,
        quotes: sent.quotes,
        seen_seq: sent.seenSeq,
        force: sent.force || undefined,
        resolve: sent.resolve || undefined,
        interim: sent.interim || undefined,
        private: sent.private || undefined,
      },
    }),
  )
}
