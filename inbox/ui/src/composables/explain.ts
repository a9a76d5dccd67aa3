import type { Problem } from '@/api/types'
import { t, te } from '@/i18n'

/** What to tell the person: the server's words, or ours when it had none. */
export function explain(problem: Problem): string {
  if (problem.message) return problem.message
  const key = `problem.${problem.code}`
  return te(key) ? t(key) : t('problem.internal')
}

/** The server's word on one field of a form. */
export function fieldProblem(problem: Problem | undefined, field: string): string | undefined {
  return problem?.fields?.find((f) => f.field === field)?.message
}
