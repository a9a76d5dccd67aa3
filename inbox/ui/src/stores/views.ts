import { defineStore } from 'pinia'
import { ref } from 'vue'
import { api, outcome } from '@/api/client'
import type { Problem, NewSavedView, SavedView, Views } from '@/api/types'

/** A burst of events is one look at the counts. */
const gap = 1500

/** How many conversations each view holds. */
export const useViews = defineStore('views', () => {
  const views = ref<Views>({ counts: {}, departments: {} })
  let timer: ReturnType<typeof setTimeout> | undefined
  let loadedAt = 0

  async function load() {
    clearTimeout(timer)
    timer = undefined
    loadedAt = Date.now()
    const { data } = await outcome(api.GET('/views'))
    if (data) views.value = data
  }

  /** Something changed: the counts are looked at soon, at most once in a while. */
  function stale() {
    if (timer) return
    timer = setTimeout(() => void load(), Math.max(150, loadedAt + gap - Date.now()))
  }

  /** The member's own views, then the shared ones. */
  const saved = ref<SavedView[]>([])

  async function loadSaved() {
    const { data } = await outcome(api.GET('/saved-views'))
    if (data) saved.value = data
  }

  /** Keeps a view under a name: a new one, or over the one with that id. */
  async function save(view: NewSavedView, id?: string): Promise<{ kept?: SavedView; problem?: Problem }> {
    const { data, problem } = await outcome(
      id ? api.PUT('/saved-views/{id}', { params: { path: { id } }, body: view }) : api.POST('/saved-views', { body: view }),
    )
    if (data) await Promise.all([loadSaved(), load()])
    return { kept: data, problem }
  }

  async function drop(id: string): Promise<Problem | undefined> {
    const { problem } = await outcome(api.DELETE('/saved-views/{id}', { params: { path: { id } } }))
    if (!problem) saved.value = saved.value.filter((view) => view.id !== id)
    return problem
  }

  return { views, load, stale, saved, loadSaved, save, drop }
})
