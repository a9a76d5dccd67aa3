import { ref } from 'vue'
import { api, asForm, outcome } from '@/api/client'
import type { Attachment } from '@/api/types'
import { t } from '@/i18n'
import { explain } from './explain'
import { fileSize } from './fileSize'

/** Brings files to the server before they are sent. What went wrong is told by file. */
export function useUpload(largest: () => number, take: (attachment: Attachment) => void) {
  const busy = ref(0)
  const problems = ref<string[]>([])

  async function add(files: Iterable<File>) {
    problems.value = []
    await Promise.all([...files].map(one))
  }

  async function one(file: File) {
    if (file.size > largest()) {
      problems.value.push(t('upload.tooLarge', { name: file.name, size: fileSize(largest()) }))
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
