import type { LocationQuery } from 'vue-router'
import type { ViewName } from '@/api/types'
import type { ViewSpec } from '@/stores/conversations'

/** The views of the whole house, in the order of the screen. */
export const houseViews: readonly ViewName[] = [
  'mine', 'unassigned', 'urgent', 'open', 'promised', 'overdue', 'snoozed', 'contributing', 'bot', 'resolved', 'screened', 'all',
]

/** The view that an address names; what needs a person when it names none. */
export function specOf(query: LocationQuery): ViewSpec {
  const text = (name: string) => (typeof query[name] === 'string' && query[name] ? (query[name] as string) : undefined)
  const department = text('department')
  const channel = text('channel')
  const label = text('label')
  const named = houseViews.find((name) => name === query.view)
  const spec: ViewSpec = { view: named ?? (channel ? 'channel' : label ? 'label' : 'open') }
  if (department) spec.department = department
  if (channel) spec.channel = channel
  if (label) spec.label = label
  const category = text('category')
  if (category) spec.category = category
  if (query.urgent === 'true') spec.urgent = true
  const saved = text('saved')
  if (saved) spec.saved = saved
  return spec
}

/** The address of a view. What follows from the rest is left out. */
export function queryOf(spec: ViewSpec): Record<string, string> {
  const { view, urgent, ...others } = spec
  const query: Record<string, string> = {}
  for (const [name, value] of Object.entries(others)) if (value) query[name] = value
  if (urgent) query.urgent = 'true'
  if (view !== specOf(query).view || Object.keys(query).length === 0) query.view = view
  return query
}

/** Whether a view is a list of the house as it is, with nothing left out. */
export function isNarrowed(spec: ViewSpec): boolean {
  return Boolean(
    spec.category || spec.urgent || (spec.label && spec.view !== 'label') || (spec.channel && spec.view !== 'channel') ||
      (spec.department && ['mine', 'channel', 'label'].includes(spec.view)),
  )
}
