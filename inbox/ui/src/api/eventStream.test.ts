import { describe, expect, it } from 'vitest'
import { eventReader, type Numbered } from './eventStream'

const stream = ': xin chào\n\nid: 7\ndata: {"kind":"knowledge.changed"}\n\nid: 8\r\ndata: {"kind":\r\ndata: "message.added","seq":3}\r\n\r\n'
const events = [
  { number: 7, event: { kind: 'knowledge.changed' } },
  { number: 8, event: { kind: 'message.added', seq: 3 } },
]

function read(pieces: string[]) {
  const got: Numbered[] = []
  const feed = eventReader((event) => got.push(event))
  pieces.forEach(feed)
  return got
}

describe('an event stream', () => {
  it('is read whole', () => expect(read([stream])).toEqual(events))

  it('is read wherever the network cuts it', () => {
    for (let cut = 1; cut < stream.length; cut++) expect(read([stream.slice(0, cut), stream.slice(cut)])).toEqual(events)
    expect(read([...stream])).toEqual(events)
  })

  it('an event that is cut off is not taken', () => {
    expect(read([stream.slice(0, stream.indexOf('\n\n', 20))])).toEqual([])
  })
})
