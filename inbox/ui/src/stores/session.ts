import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { api, outcome } from '@/api/client'
import type { Me, Problem } from '@/api/types'

/** Who is logged in. The cookie itself is the browser's and never seen here. */
export const useSession = defineStore('session', () => {
  const me = ref<Me>()
  const known = ref(false)
  /** Why it is not known who we are. */
  const problem = ref<Problem>()

  /** Asks the server once who we are; later calls answer from memory. */
  async function load() {
    if (known.value) return
    const answer = await outcome(api.GET('/session'))
    problem.value = answer.problem?.code === 'unauthenticated' ? undefined : answer.problem
    me.value = answer.data
    known.value = problem.value === undefined
  }

  function enter(member: Me) {
    me.value = member
    known.value = true
  }

  async function logIn(login: string, password: string, code?: string): Promise<Problem | undefined> {
    const { data, problem } = await outcome(api.POST('/session', { body: { login, password, ...(code ? { code } : {}) } }))
    if (data) enter(data)
    return problem
  }

  async function logOut(): Promise<Problem | undefined> {
    const { problem } = await outcome(api.DELETE('/session'))
    return problem?.code === 'unauthenticated' ? undefined : problem
  }

  function forget() {
    me.value = undefined
    known.value = true
  }

  /** The second factor was turned on or off. */
  function factorChanged(on: boolean) {
    if (me.value) me.value = { ...me.value, second_factor: on, must_add_factor: false }
  }

  /** The password was changed: nothing is owed any more. */
  function passwordChanged() {
    if (me.value) me.value = { ...me.value, must_change_password: false }
  }

  const leads = computed(() => me.value?.role === 'admin' || me.value?.role === 'supervisor')
  const can = computed(() => ({
    settleQuarantine: leads.value,
    seeStuck: leads.value || me.value?.role === 'operator',
    publish: leads.value || me.value?.role === 'operator',
    seeChannels: leads.value,
    /** And release what is held. */
    seeStorage: leads.value,
    manageDirectory: leads.value,
    seeDuty: leads.value || me.value?.role === 'operator',
    manageDuty: leads.value,
    connectChannels: me.value?.role === 'admin',
    keepOffice: me.value?.role === 'admin',
    answer: me.value !== undefined && me.value.role !== 'viewer',
    keepAnswersOfAll: leads.value,
    shareViews: leads.value,
    manageLabels: leads.value,
    importKnowledge: leads.value || me.value?.role === 'staff',
    editKnowledge: leads.value || me.value?.role === 'staff',
    scheduleKnowledge: leads.value,
  }))

  return { me, known, problem, can, load, enter, logIn, logOut, forget, passwordChanged, factorChanged }
})
