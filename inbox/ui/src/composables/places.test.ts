import { describe, expect, it } from 'vitest'
import { conversation } from '@/testing/made'
import { fillPlaces, placesIn, placeValues } from './places'

const channel = { id: 'web', kind: 'webchat', name: 'Chat', limits: { text_length: 0, attachment_size: 0, reply_window_seconds: 0, free_window_seconds: 0, free_replies: 0 } }
const of = (more = {}) =>
  placeValues({ conversation: conversation('1', { contact_name: 'Trần Văn Bình', ...more }), channel, category: '', member: 'Lê Thu Hà', now: new Date('2026-11-21T18:00:00Z') })

describe('places of a ready answer', () => {
  it('are filled from the conversation; what is not known stays to be filled', () => {
    expect(fillPlaces('Chào {ten_nguoi_dan}, phiếu {ma_phieu}, {don_vi} hẹn {gio_hen}.', of())).toBe('Chào Trần Văn Bình, phiếu TH-1, {don_vi} hẹn {gio_hen}.')
  })
  it('call a person without a name politely', () => expect(fillPlaces('{ten_nguoi_dan}', of({ contact_name: 'Khách 1A2B' }))).toBe('anh/chị'))
  it('take the day here, and the promise until when', () =>
    expect(fillPlaces('{ngay_hom_nay} {han_tra_loi}', of({ promised_by: '2026-11-24T09:30:00Z' }))).toBe('22/11/2026 16:30 24/11/2026'))
  it('are found where they stand, and braces of other kinds are text', () =>
    expect(placesIn('a {x} {Y} {} {b_2}')).toEqual([{ name: 'x', from: 2, to: 5 }, { name: 'b_2', from: 13, to: 18 }]))
})
