import type { Api } from './api'
import { Refused } from './api'
import { shownInline, size } from './bubble'
import { fill, h, icon } from './dom'
import type { Config, FileRef } from './wire'
import type { Words } from './words'

interface Upload {
  file: File
  preview?: string
  share: number
  ref?: FileRef
  problem?: string
  stop: AbortController
}

/** Composer is where one writes and attaches. What is in it is a draft, kept through reloads. */
export class Composer {
  readonly element: HTMLFormElement
  private readonly text: HTMLTextAreaElement
  private readonly chooser: HTMLInputElement
  private readonly chips = h('ul', { class: 'chips' })
  private readonly note = h('p', { class: 'note', role: 'status' })
  private readonly sendButton: HTMLButtonElement
  private readonly attachButton: HTMLButtonElement
  private uploads: Upload[] = []
  private w!: Words

  constructor(
    private readonly api: Api,
    private readonly limits: () => Config['limits'],
    private readonly draft: { get(): string; set(text: string): void },
    private readonly say: (text: string, files: FileRef[]) => void,
  ) {
    this.text = h('textarea', { rows: 1, oninput: () => this.typed(), onkeydown: (e) => this.key(e as KeyboardEvent) })
    this.text.value = draft.get()
    this.text.addEventListener('paste', (e) => this.add([...(e.clipboardData?.files ?? [])]))
    this.chooser = h('input', { type: 'file', multiple: true, hidden: true, tabindex: -1, onchange: () => this.chosen() })
    this.attachButton = h('button', { type: 'button', class: 'icon', onclick: () => this.chooser.click() }, icon('clip'))
    this.sendButton = h('button', { type: 'submit', class: 'icon send' }, icon('send'))
    this.element = h(
      'form',
      { class: 'composer', onsubmit: (e) => this.submit(e) },
      this.chips,
      this.note,
      h('div', { class: 'line' }, this.attachButton, this.chooser, this.text, this.sendButton),
    )
    this.element.addEventListener('dragover', (e) => e.preventDefault())
    this.element.addEventListener('drop', (e) => {
      e.preventDefault()
      this.add([...(e.dataTransfer?.files ?? [])])
    })
  }

  speak(w: Words): void {
    this.w = w
    this.text.placeholder = w.write
    this.text.setAttribute('aria-label', w.write)
    for (const [button, label] of [
      [this.attachButton, w.attach],
      [this.sendButton, w.send],
    ] as const) {
      button.setAttribute('aria-label', label)
      button.title = label
    }
    this.chooser.setAttribute('aria-label', w.attach)
    this.show()
  }

  focus(): void {
    this.text.focus()
  }

  private typed(): void {
    this.draft.set(this.text.value)
    this.show()
  }

  private key(event: KeyboardEvent): void {
    // Vietnamese input methods compose syllables; Enter then ends the syllable, not the message.
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.keyCode === 229) return
    this.submit(event)
  }

  private get tooLong(): boolean {
    return [...this.text.value].length > this.limits().text
  }

  private get ready(): boolean {
    const pending = this.uploads.some((upload) => !upload.ref)
    return !pending && !this.tooLong && (this.text.value.trim() !== '' || this.uploads.length > 0)
  }

  private submit(event: Event): void {
    event.preventDefault()
    if (!this.ready) return
    this.say(this.text.value.trim(), this.uploads.map((upload) => upload.ref!))
    for (const upload of this.uploads) this.release(upload)
    this.uploads = []
    this.text.value = ''
    this.typed()
  }

  private chosen(): void {
    this.add([...(this.chooser.files ?? [])])
    this.chooser.value = ''
    this.focus()
  }

  private add(files: File[]): void {
    const room = this.limits().attachments - this.uploads.length
    for (const file of files.slice(0, room)) {
      const upload: Upload = { file, share: 0, stop: new AbortController() }
      if (shownInline.includes(file.type)) upload.preview = URL.createObjectURL(file)
      if (file.size > this.limits().attachment) upload.problem = this.w.tooLarge(Math.floor(this.limits().attachment / (1 << 20)))
      else void this.upload(upload)
      this.uploads.push(upload)
    }
    this.show()
    if (files.length > room) this.note.textContent = this.w.tooManyFiles(this.limits().attachments)
  }

  private async upload(upload: Upload): Promise<void> {
    try {
      const progress = (share: number) => {
        upload.share = share
        this.show()
      }
      upload.ref = await this.api.upload(upload.file, progress, upload.stop.signal)
    } catch (error) {
      upload.problem = (error instanceof Refused && error.message) || this.w.uploadFailed
    }
    this.show()
  }

  private remove(upload: Upload): void {
    upload.stop.abort()
    this.release(upload)
    this.uploads = this.uploads.filter((other) => other !== upload)
    this.show()
    this.focus()
  }

  private release(upload: Upload): void {
    if (upload.preview) URL.revokeObjectURL(upload.preview)
  }

  private retry(upload: Upload): void {
    upload.problem = undefined
    void this.upload(upload)
    this.show()
  }

  private show(): void {
    this.attachButton.hidden = this.limits().attachments === 0
    fill(this.chips, ...this.uploads.map((upload) => this.chip(upload)))
    this.note.textContent = this.tooLong ? this.w.tooLong(this.limits().text) : ''
    this.sendButton.disabled = !this.ready
    this.text.rows = Math.min(5, this.text.value.split('\n').length)
    this.text.style.height = 'auto'
    if (this.text.scrollHeight > 0) this.text.style.height = `${Math.min(120, this.text.scrollHeight + 2)}px`
  }

  private chip(upload: Upload): HTMLElement {
    const state = upload.problem ?? (upload.ref ? size(upload.file.size) : this.w.uploading(Math.round(upload.share * 100)))
    const preview = upload.preview ? h('img', { alt: '', src: upload.preview }) : icon('file')
    const bar = !upload.ref && !upload.problem && h('progress', { max: 1, value: upload.share, 'aria-label': state })
    return h(
      'li',
      { class: upload.problem ? 'chip failed' : 'chip' },
      preview,
      h('span', { class: 'about' }, h('span', { class: 'filename' }, upload.file.name), h('small', {}, state), bar),
      upload.problem !== undefined &&
        upload.file.size <= this.limits().attachment &&
        h('button', { type: 'button', class: 'small', onclick: () => this.retry(upload) }, this.w.tryAgain),
      h('button', { type: 'button', class: 'icon', 'aria-label': this.w.remove(upload.file.name), onclick: () => this.remove(upload) }, icon('close')),
    )
  }
}
