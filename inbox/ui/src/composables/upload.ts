import { ref } from 'vue'
import { api, asForm, outcome } from '@/api/client'
import type { Attachment, Limits } from '@/api/types'
import { t } from '@/i18n'
import { explain } from './explain'
import { fileSize } from './fileSize'

/** Brings files to the server before they are sent. What went wrong is told by file. */
export function useUpload(limits: () => Limits, take: (attachment: Attachment) => void) {
  const busy = ref(0)
  const problems = ref<string[]>([])

  async function add(files: Iterable<File>) {
    problems.value = []
    await Promise.all([...files].map(one))
  }

  async function one(file: File) {
    const { attachment_size: largest, attachment_types: types } = limits()
    if (file.size > largest) {
      problems.value.push(t('upload.tooLarge', { name: file.name, size: fileSize(largest) }))
      return
    }
    if (!takes(types, file.type)) {
      problems.value.push(t('upload.wrongType', { name: file.name }))
      return
    }
    busy.value++
    const { data, problem } = await outcome(
      api.POST('/attachments', { body: { file: file as unknown as string }, bodySerializer: asForm }),
    )
    busy.value--
    if (data) take(data)
    else problems.value.push(`${file.name}: ${explain(problem)}`)
  }

  return { busy, problems, add }
}

/** Of files that are kept here already: those that a channel takes, and those that it does not. */
export function carried(files: readonly Attachment[], limits: Limits): { goes: Attachment[]; stays: Attachment[] } {
  const fits = (file: Attachment) => Boolean(file.id) && !file.problem && file.size <= limits.attachment_size && takes(limits.attachment_types, file.type)
  return { goes: files.filter(fits), stays: files.filter((file) => !fits(file)) }
}

/** Whether files of a type can be sent. What the browser knows no type of is judged by the server, from its content. */
export function takes(types: readonly string[] | undefined, type: string): boolean {
  if (!types?.length || !type) return true
  return types.some((taken) => taken === type || (taken.endsWith('/*') && type.startsWith(taken.slice(0, -1))))
}
