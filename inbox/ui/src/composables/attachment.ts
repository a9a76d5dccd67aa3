import type { Attachment } from '@/api/types'
import { t } from '@/i18n'

/** How a file is shown in a thread. */
export type Look = 'problem' | 'fetching' | 'sticker' | 'picture' | 'video' | 'sound' | 'file'

// Formats that every browser shows and that cannot carry a script.
const pictures = /^image\/(png|jpeg|gif|webp|avif)$/
const videos = /^video\/(mp4|webm)$/
const sounds = /^audio\/(mpeg|mp4|ogg|wav|webm)$/

export function lookOf({ id, kind, type, problem }: Attachment): Look {
  if (problem) return 'problem'
  if (!id) return 'fetching'
  if (pictures.test(type)) return kind === 'sticker' ? 'sticker' : 'picture'
  if (videos.test(type)) return 'video'
  if (sounds.test(type)) return 'sound'
  return 'file'
}

/** What a file is, in words: "Nhãn dán", "Ảnh", else its name. */
export function calledAttachment({ kind, type, name }: Attachment): string {
  if (kind) return t(`attachment.${kind}`)
  if (pictures.test(type)) return name || t('attachment.picture')
  return name || t('attachment.file')
}
