import type { Channel, Conversation, Department } from '@/api/types'
import { calendarDay, clockAndFullDay } from './time'

/** A place in a ready answer, as the server names them. */
const place = /\{([a-z0-9_]{1,40})\}/g

/** Where a place stands in a text. */
export interface Place {
  name: string
  from: number
  to: number
}

/** The places in a text that wait to be filled. */
export function placesIn(text: string): Place[] {
  return [...text.matchAll(place)].map((m) => ({ name: m[1]!, from: m.index, to: m.index + m[0].length }))
}

/** Puts the values into their places; a place without one stays. */
export function fillPlaces(text: string, values: Record<string, string | undefined>): string {
  return text.replace(place, (whole, name: string) => values[name] || whole)
}

/** A name that was made up because nobody told one ("Khách 1A2B"). */
const madeUp = /^Khách [0-9A-F]{4}$/

/** What is known for the places that every desk fills by itself. */
export function placeValues(of: {
  conversation: Conversation
  channel: Channel
  department?: Department
  category: string
  member: string
  now: Date
}): Record<string, string | undefined> {
  const { conversation, channel, department } = of
  return {
    ten_nguoi_dan: madeUp.test(conversation.contact_name) ? 'anh/chị' : conversation.contact_name,
    ma_phieu: conversation.code,
    don_vi: department?.name,
    duong_day_nong: department?.hotline,
    linh_vuc: of.category,
    can_bo: of.member,
    kenh: channel.name,
    ngay_hom_nay: calendarDay(of.now),
    han_tra_loi: conversation.promised_by && clockAndFullDay(new Date(conversation.promised_by)),
  }
}

/** The places that a desk fills, in the order in which the page explains them. */
export const knownPlaces = [
  'ten_nguoi_dan', 'ma_phieu', 'don_vi', 'duong_day_nong', 'linh_vuc', 'can_bo', 'kenh', 'ngay_hom_nay', 'han_tra_loi',
] as const
