import { defineStore } from 'pinia'
import { ref } from 'vue'

export interface Toast {
  id: number
  kind: 'done' | 'failed'
  text: string
  /** Taking back what was done, where that is possible. */
  undo?: () => void
}

const shown = { done: 5000, failed: 12_000 }

/** Short words about what has just been done. */
export const useToasts = defineStore('toasts', () => {
  const toasts = ref<Toast[]>([])
  let count = 0

  function add(toast: Omit<Toast, 'id'>) {
    const id = ++count
    // What was done before is no news beside what has just been done; failures stay to be read.
    toasts.value = [...toasts.value.filter((t) => t.kind === 'failed').slice(-2), { ...toast, id }]
    setTimeout(() => close(id), shown[toast.kind])
  }

  function close(id: number) {
    toasts.value = toasts.value.filter((toast) => toast.id !== id)
  }

  return {
    toasts,
    done: (text: string, undo?: () => void) => add({ kind: 'done', text, undo }),
    fail: (text: string) => add({ kind: 'failed', text }),
    close,
  }
})
