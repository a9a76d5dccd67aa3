import { nextTick, ref } from 'vue'
import type { Problem } from '@/api/types'
import { fieldProblem } from './explain'

/** The sending of a form: one at a time, with what is wrong kept until the next try. */
export function useForm(send: () => Promise<Problem | undefined>) {
  const busy = ref(false)
  const problem = ref<Problem>()

  async function submit(): Promise<boolean> {
    if (busy.value) return false
    const place = document.activeElement?.closest('[role="dialog"], form, main') ?? document
    busy.value = true
    problem.value = undefined
    problem.value = await send()
    busy.value = false
    if (!problem.value) return true
    await nextTick()
    // Of a long form what is wrong may be out of sight.
    place.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus()
    return false
  }

  return { busy, problem, submit, at: (field: string) => fieldProblem(problem.value, field) }
}
