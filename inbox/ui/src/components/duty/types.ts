import type { components } from '@/api/schema.gen'

type Schemas = components['schemas']

export type DutyNow = Schemas['DutyNow']
export type DutyShift = Schemas['DutyShift']
export type Handover = Schemas['Handover']
export type Leave = Schemas['Leave']
export type OnDuty = Schemas['OnDuty']
export type Roster = Schemas['Roster']
export type RosterChange = Schemas['RosterChange']
export type RosterPlan = Schemas['RosterPlan']
export type RosterPreview = Schemas['RosterPreview']
export type RosterSlot = Schemas['RosterSlot']
export type RosterUndoing = Schemas['RosterUndoing']
export type ShiftRole = Schemas['ShiftRole']
