import { defineStore } from 'pinia'
import { ref, shallowRef, watch } from 'vue'
import { api, outcome } from '@/api/client'
import type { Problem, ReadyAnswer } from '@/api/types'
import { useLive } from './live'

/** The ready answers of this member, kept current by the live events once they were asked for. */
export const useAnswers = defineStore('answers', () => {
  const live = useLive()
  const answers = shallowRef<ReadyAnswer[]>([])
  const state = ref<'unasked' | 'loading' | 'ready' | 'failed'>('unasked')
  const problem = ref<Problem>()

  async function load() {
    if (state.value !== 'ready') state.value = 'loading'
    const { data, problem: trouble } = await outcome(api.GET('/answers'))
    problem.value = trouble
    if (data) answers.value = data
    // What was loaded before stands until it can be loaded anew.
    state.value = data || answers.value.length > 0 ? 'ready' : 'failed'
  }

  /** Asks for them unless that was done. */
  function need() {
    if (state.value === 'unasked' || state.value === 'failed') void load()
  }

  function forget() {
    answers.value = []
    state.value = 'unasked'
  }

  const current = () => void (state.value !== 'unasked' && load())
  live.listen((event) => void (event.kind === 'answers.changed' && current()))
  watch(() => live.reloads, current)

  return { answers, state, problem, load, need, forget }
})
