import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import { api, outcome } from '@/api/client'
import type { components } from '@/api/schema.gen'
import type { Problem } from '@/api/types'

type Schemas = components['schemas']
export type Label = Schemas['Label']
export type LabelColour = Schemas['LabelColour']

/** The colours that a label may have, the plain one first. */
export const labelColours = ['', 'blue', 'violet', 'pink', 'green', 'brown'] as const satisfies LabelColour[]

/** The labels in use, the most used first, for whoever lists, picks or shows them. */
export const useLabels = defineStore('labels', () => {
  const labels = shallowRef<Label[]>([])
  const state = ref<'unasked' | 'loading' | 'ready' | 'failed'>('unasked')
  const problem = ref<Problem>()
  const colours = computed(() => new Map(labels.value.map((l) => [l.name, l.colour])))

  async function load(): Promise<void> {
    if (state.value !== 'ready') state.value = 'loading'
    const answer = await outcome(api.GET('/labels'))
    problem.value = answer.problem
    if (answer.data) labels.value = answer.data
    if (answer.data || state.value !== 'ready') state.value = answer.data ? 'ready' : 'failed'
  }

  /** The class of a label's tag: its colour, if it has one. */
  const tagOf = (name: string) => {
    const colour = colours.value.get(name)
    return colour ? `tag-${colour}` : undefined
  }

  return { labels, state, problem, load, tagOf }
})
