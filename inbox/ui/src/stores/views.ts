import { defineStore } from 'pinia'
import { ref } from 'vue'
import { api, outcome } from '@/api/client'
import type { Views } from '@/api/types'

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

  return { views, load, stale }
})
