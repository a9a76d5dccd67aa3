import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { api, outcome } from '@/api/client'
import type { Channel, Directory, Problem } from '@/api/types'

const unlimited = { text_length: 0, attachment_size: 0, reply_window_seconds: 0, free_window_seconds: 0, free_replies: 0 }

/** What departments, fields, channels and members are called. */
export const useDirectory = defineStore('directory', () => {
  const directory = ref<Directory>({ departments: [], categories: [], channels: [], members: [] })

  async function load(): Promise<Problem | undefined> {
    const { data, problem } = await outcome(api.GET('/directory'))
    if (data) directory.value = data
    return problem
  }

  const names = computed(() => {
    const { departments, categories, members, channels } = directory.value
    return new Map([...departments, ...categories, ...members, ...channels].map((named) => [named.id, named.name]))
  })

  /** The name of whatever has this id; the id itself when it is nobody's we know. */
  function nameOf(id: string | undefined): string {
    return (id && names.value.get(id)) || id || ''
  }

  /** The channel with what it can do. One that was taken out of the configuration can do nothing special. */
  function channel(id: string): Channel {
    return directory.value.channels.find((c) => c.id === id) ?? { id, kind: 'other', name: id, limits: unlimited }
  }

  const currentDepartments = computed(() => directory.value.departments.filter((d) => d.current && !d.desk))

  return { directory, currentDepartments, load, nameOf, channel }
})
