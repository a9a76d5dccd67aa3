import { ref, type Ref } from 'vue'
import type { Conversation, Message, Problem } from '@/api/types'
import { useMatterActs, type MatterAct } from '@/components/matter/acts'
import { t } from '@/i18n'
import { useDirectory } from '@/stores/directory'
import { useSession } from '@/stores/session'
import { useToasts } from '@/stores/toasts'
import { useActions } from './actions'
import { explain } from './explain'

/**
 * What the member at this screen does with one open conversation, said back in
 * a few words and with the way to undo it. `acted` is called after each.
 */
export function useMatter(conversation: Ref<Conversation | undefined>, acted: () => void) {
  const actions = useActions()
  const directory = useDirectory()
  const session = useSession()
  const toasts = useToasts()
  /** The department that a transfer is being written for. */
  const transferTo = ref<string>()
  /** Which form is open over the conversation. */
  const asking = ref<'promise' | 'return' | 'contribute'>()
  /** What else is being done with it, in a dialog of its own. */
  const doing = ref<MatterAct>()
  const more = useMatterActs()
  // Marked unread by hand: it stays so until the conversation is left.
  let keepsUnread = false
  // What this page has said to be read: a colleague who marks it unread again is not overruled by a page that is merely open.
  let saidRead = 0

  async function act(work: (c: Conversation) => Promise<boolean>, done?: (before: Conversation) => [string, (() => unknown)?]) {
    const before = conversation.value
    if (!before || !(await work(before))) return
    acted()
    if (!done) return
    const [text, undo] = done(before)
    toasts.done(text, undo && (() => void undo()))
  }

  async function did(request: Promise<Problem | undefined>): Promise<boolean> {
    const problem = await request
    if (problem) toasts.fail(explain(problem))
    return problem === undefined
  }

  const assign = (member: string) =>
    act(
      (c) => actions.assign(c.id, member),
      (c) => [
        member ? t('done.assigned', { name: directory.nameOf(member) }) : t('done.unassigned'),
        () => actions.assign(c.id, c.assignee ?? ''),
      ],
    )

  async function transfer(note: string): Promise<boolean> {
    const department = transferTo.value
    const c = conversation.value
    if (department === undefined || !c || !(await actions.transfer(c.id, department, note.trim()))) return false
    transferTo.value = undefined
    acted()
    toasts.done(department ? t('done.transferred', { name: directory.nameOf(department) }) : t('done.transferredDesk'))
    return true
  }

  return {
    busy: actions.busy,
    transferTo,
    asking,
    doing,
    acted,
    transfer,
    assign,
    take: () => (conversation.value?.assignee === session.me?.id ? undefined : act((c) => actions.take(c.id), () => [t('done.taken')])),
    file: (category: string) =>
      act(
        (c) => actions.file(c.id, category),
        (c) => [t('done.filed', { name: directory.nameOf(category) }), c.category ? () => actions.file(c.id, c.category!) : undefined],
      ),
    toggleUrgent: () =>
      act(
        (c) => actions.urgent(c.id, !c.urgent),
        (c) => [c.urgent ? t('done.notUrgent') : t('done.urgent'), () => actions.urgent(c.id, c.urgent)],
      ),
    toggleResolved: () =>
      act(
        (c) => (c.status === 'open' ? actions.resolve(c.id) : actions.reopen(c.id)),
        (c) => (c.status === 'open' ? [t('done.resolved'), () => actions.reopen(c.id)] : [t('done.reopened')]),
      ),
    /** Takes the citizen from another program of the account, or leaves the citizen to the platform's own inbox. */
    control: (held: boolean) => act((c) => did(more.control(c.id, held)), () => [t(held ? 'control.taken' : 'control.yielded')]),
    hide: (message: Message) =>
      act(
        (c) => did(more.hide(c.id, message.id, !message.hidden)),
        (c) => [t(message.hidden ? 'comment.shownNow' : 'comment.hiddenNow'), () => did(more.hide(c.id, message.id, message.hidden ?? false))],
      ),
    wake: () => act((c) => did(more.wake(c.id)), () => [t('matter.woken')]),
    /** Takes it out of its incident. */
    scatter: () =>
      act(
        (c) => did(more.scatter(c.id)),
        (c) => [t('matter.scattered', { code: c.code }), () => did(more.gather(c.id, { incident: c.incident }))],
      ),
    unread: () => {
      keepsUnread = true
      return act((c) => actions.read(c.id, 0), () => [t('done.unread')])
    },
    /** The end of the thread was on the screen. */
    read: (seq: number) => {
      const c = conversation.value
      if (!c || keepsUnread || seq <= saidRead) return
      saidRead = seq
      if (c.unread === 0 || seq <= c.read_seq) return
      void actions.read(c.id, seq).then((kept) => {
        if (!kept) saidRead = 0 // to be said again
      })
    },
    retry: actions.retry,
  }
}

export type Matter = ReturnType<typeof useMatter>
