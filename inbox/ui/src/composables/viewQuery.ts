import type { LocationQuery } from 'vue-router'
import type { ViewName } from '@/api/types'
import type { ViewSpec } from '@/stores/conversations'

/** The views of the whole house, in the order of the screen. */
export const houseViews: readonly ViewName[] = ['mine', 'unassigned', 'urgent', 'open', 'bot', 'resolved', 'all']

/** The view that an address names; what needs a person when it names none. */
export function specOf(query: LocationQuery): ViewSpec {
  const { view, department, channel } = query
  if (typeof channel === 'string' && channel) return { view: 'channel', channel }
  if (typeof department === 'string' && department) return { view: 'open', department }
  return { view: houseViews.find((name) => name === view) ?? 'open' }
}

/** The address of a view. */
export function queryOf(spec: ViewSpec): Record<string, string> {
  if (spec.channel) return { channel: spec.channel }
  if (spec.department) return { department: spec.department }
  return { view: spec.view }
}
