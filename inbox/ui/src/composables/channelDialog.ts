import { computed, type Ref } from 'vue'
import type { ChannelState } from '@/api/types'
import { platformName } from './channelKind'

/** A dialog about one channel: open while there is one, which closing it takes away. */
export function useChannelDialog(channel: Ref<ChannelState | undefined>) {
  const open = computed({
    get: () => channel.value !== undefined,
    set: (now) => {
      if (!now) channel.value = undefined
    },
  })
  const platform = computed(() => platformName(channel.value?.kind ?? ''))
  return { open, platform }
}
