import { fill, h, icon, linked, outward } from './dom'
import type { Entry } from './entries'
import { ago, exact } from './time'
import type { FileRef } from './wire'
import type { Words } from './words'

/** What can be done from within the thread. */
export interface Actions {
  press(value: string, label: string): void
  retry(key: string): void
  discard(key: string): void
  /** fetch brings a file as an address of this page's own. */
  fetch(ticket: string): Promise<string>
}

/** bubble draws one entry. */
export function bubble(entry: Entry, now: number, w: Words, actions: Actions): HTMLElement {
  return h(
    'div',
    { class: `entry ${entry.own ? 'own' : entry.author}${entry.first ? ' first' : ''}`, 'data-id': entry.id },
    entry.heading && h('p', { class: 'heading' }, w.conversation(entry.heading)),
    entry.first && author(entry, w),
    (entry.text || entry.form.length > 0 || entry.place) &&
      h('div', { class: 'bubble' }, ...linked(entry.text), ...form(entry), entry.place && place(entry.place, w)),
    ...entry.files.map((file) => attachment(file, w, actions)),
    entry.links.length > 0 && h('div', { class: 'links' }, ...entry.links.map((link) => action(link.label, link.url))),
    entry.choices.length > 0 && choices(entry, actions),
    footer(entry, now, w, actions),
  )
}

/** author names who speaks; one's own words say it to those who listen only. */
function author(entry: Entry, w: Words): HTMLElement {
  if (entry.own) return h('p', { class: 'hidden' }, w.you)
  const role = w[entry.author === 'citizen' ? 'you' : entry.author]
  const name = entry.name || role
  return h(
    'p',
    { class: 'author' },
    h('span', { class: 'name' }, name),
    entry.automatic && h('span', { class: 'mark' }, w.automatic),
  )
}

function form(entry: Entry): Node[] {
  return entry.form.map((field) => h('p', { class: 'field' }, h('b', {}, `${field.label}: `), field.value))
}

function place(at: NonNullable<Entry['place']>, w: Words): Node {
  const point = `${at.latitude.toFixed(5)},${at.longitude.toFixed(5)}`
  const address = `https://www.openstreetmap.org/?mlat=${at.latitude}&mlon=${at.longitude}#map=17/${at.latitude}/${at.longitude}`
  return h('p', { class: 'place' }, icon('pin'), outward(at.label || `${w.place} ${point}`, address))
}

function action(label: string, address: string): Node {
  const link = outward(label || address, address, { class: 'action' })
  if (link instanceof Element) link.prepend(icon(address.startsWith('tel:') ? 'phone' : 'open'))
  return link
}

function choices(entry: Entry, actions: Actions): HTMLElement {
  return h(
    'div',
    { class: 'choices', role: 'group' },
    ...entry.choices.map((choice) =>
      h(
        'button',
        {
          class: 'choice',
          type: 'button',
          disabled: !entry.open,
          'aria-pressed': !entry.open && entry.chosen === choice.value ? 'true' : undefined,
          onclick: () => actions.press(choice.value, choice.label),
        },
        choice.label,
      ),
    ),
  )
}

/** shownInline are the pictures every browser shows without running anything. */
export const shownInline = ['image/jpeg', 'image/png', 'image/gif', 'image/webp']

function attachment(file: FileRef, w: Words, actions: Actions): HTMLElement {
  const row = fileRow(file, w, actions)
  if (!file.ticket || !shownInline.includes(file.type)) return row
  const holder = h('div', { class: 'photo' }, h('div', { class: 'skeleton' }))
  actions
    .fetch(file.ticket)
    .then((address) => {
      const picture = h('img', { alt: w.photo(file.name), onerror: () => holder.replaceWith(row) })
      picture.src = address
      fill(holder, h('a', { href: address, target: '_blank', rel: 'noopener' }, picture))
    })
    .catch(() => holder.replaceWith(row)) // still there to be downloaded by hand
  return holder
}

function fileRow(file: FileRef, w: Words, actions: Actions): HTMLElement {
  const about = h('span', { class: 'about' }, h('span', { class: 'filename' }, file.name), h('small', {}, file.problem || size(file.size)))
  if (!file.ticket) return h('div', { class: 'file' }, icon('file'), about)
  const download = async () => {
    const address = await actions.fetch(file.ticket!).catch(() => undefined)
    if (address) h('a', { href: address, download: file.name }).click()
  }
  return h('button', { class: 'file', type: 'button', 'aria-label': w.download(file.name), onclick: () => void download() }, icon('file'), about)
}

/** size is rounded for people. */
export function size(bytes: number): string {
  if (bytes >= 1 << 20) return `${(bytes / (1 << 20)).toFixed(1).replace('.', ',')} MB`
  return `${Math.max(1, Math.round(bytes / 1024))} KB`
}

function footer(entry: Entry, now: number, w: Words, actions: Actions): HTMLElement | false {
  if (entry.state === 'failed') {
    return h(
      'p',
      { class: 'foot failed' },
      icon('alert'),
      h('span', {}, entry.problem ? `${w.failed}: ${entry.problem}` : w.failed),
      h('button', { type: 'button', class: 'small', onclick: () => actions.retry(entry.id) }, w.retry),
      h('button', { type: 'button', class: 'small', onclick: () => actions.discard(entry.id) }, w.discard),
    )
  }
  if (entry.state === 'late') {
    return h(
      'p',
      { class: 'foot' },
      icon('clock'),
      h('span', {}, w.waitingLong),
      h('button', { type: 'button', class: 'small', onclick: () => actions.retry(entry.id) }, w.retry),
    )
  }
  if (entry.state === 'waiting') return h('p', { class: 'foot' }, icon('clock'), w.waiting)
  if (!entry.last) return false
  const time = h('time', { datetime: new Date(entry.at).toISOString(), title: exact(entry.at) }, ago(entry.at, now, w))
  if (!entry.own) return h('p', { class: 'foot' }, time)
  return h('p', { class: 'foot' }, icon('check'), w.sent, ' · ', time)
}
