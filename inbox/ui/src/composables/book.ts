import { computed, onScopeDispose, ref, shallowRef, watch } from 'vue'
import { api, outcome } from '@/api/client'
import type { Book, BookEdit, Problem } from '@/api/types'
import { calendarDay } from '@/composables/time'
import { t } from '@/i18n'
import { useDirectory } from '@/stores/directory'
import { useLive } from '@/stores/live'

/** A department as lists name it: one that is kept itself, or the unit of a place. */
export interface Unit {
  id: string
  name: string
  /** It does not exist any more. */
  former: boolean
}

/** Today here, as a day of the book is written. */
export const today = () => calendarDay(new Date()).split('/').reverse().join('-')

/** Whether something that ended on that day, if any, is there no more. */
export const isFormer = (until: string) => until !== '' && until < today()

const lowerFirst = (text: string) => text.charAt(0).toLowerCase() + text.slice(1)

/** The id of the unit of a place, as the server makes it. */
export const unitOf = (locality: string) => `ubnd-${locality}`

/** Whether what a change is made to is the same in both. */
function same(change: Omit<BookEdit, 'revision'>, before: Book, now: Book) {
  const touched = (of: Book) => {
    const cell = change.cell
    if (cell) return of.rules.filter((r) => r.field === cell.field && r.locality === cell.locality)
    const id = (change.department ?? change.field ?? change.locality)?.id
    return { department: of.departments, field: of.fields, locality: of.localities }[change.what as 'department' | 'field' | 'locality'].find((item) => item.id === id)
  }
  return JSON.stringify(touched(before)) === JSON.stringify(touched(now))
}

/**
 * The directory as it is kept, changed one thing at a time. A change made
 * elsewhere is taken over at once, but not under the hands of whoever fills in
 * a form: `editing` says so.
 */
export function useBook(editing: () => boolean) {
  const book = shallowRef<Book>()
  const problem = ref<Problem>()
  const behind = ref(false)

  async function load() {
    const answer = await outcome(api.GET('/directory/book'))
    problem.value = answer.problem
    if (!answer.data) return
    book.value = answer.data
    behind.value = false
  }
  void load()

  function changedElsewhere() {
    if (editing()) behind.value = true
    else void load()
  }
  const live = useLive()
  const stop = live.listen((event) => {
    if (event.kind === 'directory.changed') changedElsewhere()
  }, changedElsewhere)
  watch(editing, (now) => {
    if (!now && behind.value) void load()
  })
  onScopeDispose(stop)

  /**
   * Keeps one change. When others have changed something else meanwhile, it is
   * made to the newest book; when they have changed the very same thing, the
   * person is told and decides.
   */
  async function edit(change: Omit<BookEdit, 'revision'>): Promise<Problem | undefined> {
    const before = book.value!
    const first = await send(change, before.revision)
    if (first?.code !== 'conflict') return done(first)
    await load()
    const untouched = book.value!.revision > before.revision && same(change, before, book.value!)
    return done(untouched ? await send(change, book.value!.revision) : first)
  }

  async function send(change: Omit<BookEdit, 'revision'>, revision: number) {
    return (await outcome(api.POST('/directory/edits', { body: { ...change, revision } }))).problem
  }

  /** Makes the directory again what it was. */
  async function restore(no: number): Promise<Problem | undefined> {
    const answer = await outcome(
      api.POST('/directory/revisions/{no}/restore', { params: { path: { no } }, body: { revision: book.value!.revision } }),
    )
    return done(answer.problem)
  }

  async function done(refused: Problem | undefined) {
    if (!refused) await Promise.all([load(), useDirectory().load()])
    return refused
  }

  const units = computed<Unit[]>(() => [
    ...(book.value?.departments ?? []).map((d) => ({ id: d.id, name: d.name, former: isFormer(d.valid_until) })),
    ...(book.value?.localities ?? []).map((l) => ({ id: unitOf(l.id), name: `UBND ${lowerFirst(l.name)}`, former: isFormer(l.valid_until) })),
  ])
  const names = computed(
    () =>
      new Map([
        ...units.value.map((u) => [u.id, u.name] as const),
        ...(book.value?.fields ?? []).map((f) => [f.id, f.name] as const),
        ...(book.value?.localities ?? []).map((l) => [l.id, l.name] as const),
      ]),
  )
  const nameOf = (id: string) => names.value.get(id) ?? id
  const former = computed(() => new Set(units.value.filter((u) => u.former).map((u) => u.id)))
  /** The name of a department in charge; of one that has ended its successors are. */
  const inCharge = (id: string) => (former.value.has(id) ? t('book.followed', { name: nameOf(id) }) : nameOf(id))

  return { book, problem, load, edit, restore, units, nameOf, inCharge }
}

export type BookStore = ReturnType<typeof useBook>
