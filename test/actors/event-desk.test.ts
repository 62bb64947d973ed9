import { describe, expect, it } from 'vitest'
import { journalEvents } from '../../actors/event-desk.ts'
import type { JournalMessage } from '../../actors/journal/protocol.ts'
import type { AcknowledgementLevel, EventResult } from '../../domain/event.ts'
import { tell } from '../../supervision/actor-ref.ts'
import { Probe } from '../fakes/probe.ts'
import { catalogOf, sampleEvent, sampleItems } from '../fakes/samples.ts'
import { settle, testSystem } from './supervision.harness.ts'

const events = [sampleEvent('u', 'i0'), sampleEvent('u', 'unknown'), sampleEvent('v', 'i1'), sampleEvent('u', 'i2')]

function submit(level: AcknowledgementLevel, sent = events) {
  const { system, time } = testSystem()
  const journal = new Probe<JournalMessage>('journal')
  const catalog = catalogOf(sampleItems(3))
  let results: EventResult[] | null = null
  void journalEvents({ journal, system }, catalog, sent, level, 500).then(settled => {
    results = settled
  })
  const appended = () => journal.of('append')[0]
  return { time, catalog, journal, appended, results: () => results }
}

describe('events at the desk', () => {
  it('go to the journal together, without those whose item is unknown', () => {
    const { journal, appended } = submit('durable')
    expect(journal.received).toHaveLength(1)
    const ids = appended().records.map(record => (record.kind === 'event' ? record.event.item : ''))
    expect(ids).toEqual(['i0', 'i1', 'i2'])
  })

  it('are answered when the journal has them in memory, or when none can be journaled', async () => {
    const received = submit('received')
    await settle()
    expect(received.results()).toBeNull()
    tell(received.appended().takenInTo!, { type: 'taken-in' })
    await settle()
    expect(received.results()?.map(result => result.status)).toEqual(['received', 'rejected', 'received', 'received'])
    const hopeless = submit('applied', [events[1]])
    await settle()
    expect(hopeless.results()).toMatchObject([{ status: 'rejected', error: { code: 'unknown_item' } }])
    expect(hopeless.journal.received).toEqual([])
  })

  it('that need only be received are refused too when the journal can not take them', async () => {
    const { appended, results } = submit('received')
    tell(appended().takenInTo!, { type: 'append-failed', code: 'overloaded', reason: '9 records already wait' })
    await settle()
    expect(results()?.map(result => result.status)).toEqual(['rejected', 'rejected', 'rejected', 'rejected'])
    expect(results()?.[0]).toMatchObject({ error: { code: 'overloaded' } })
  })

  it('have their numbers when they are durable', async () => {
    const { appended, results } = submit('durable')
    await settle()
    expect(results()).toBeNull()
    tell(appended().replyTo!, { type: 'appended', firstSeq: 41 })
    await settle()
    expect(results()).toMatchObject([{ seq: 41 }, { status: 'rejected' }, { seq: 42 }, { seq: 43 }])
  })

  it('that have to be applied wait for every user shard, in whatever order they report', async () => {
    const { appended, results } = submit('applied')
    const { replyTo, appliedTo } = appended()
    tell(appliedTo!, { type: 'events-applied', seqs: [42], outcomes: ['applied'] })
    tell(replyTo!, { type: 'appended', firstSeq: 41 })
    await settle()
    expect(results()).toBeNull()
    tell(appliedTo!, { type: 'events-applied', seqs: [41, 43], outcomes: ['duplicate', 'unknown-item'] })
    await settle()
    expect(results()).toMatchObject([
      { status: 'duplicate' },
      { status: 'rejected', error: { code: 'unknown_item' } },
      { status: 'applied', applied: true, seq: 42 },
      { status: 'rejected', error: { code: 'unknown_item' } },
    ])
  })

  it('are said to be durable and not applied when that takes too long', async () => {
    const { time, appended, results } = submit('applied')
    tell(appended().replyTo!, { type: 'appended', firstSeq: 41 })
    tell(appended().appliedTo!, { type: 'events-applied', seqs: [41], outcomes: ['applied'] })
    await settle()
    time.advance(499)
    await settle()
    expect(results()).toBeNull()
    time.advance(2)
    await settle()
    expect(results()).toMatchObject([
      { status: 'applied' },
      { status: 'rejected' },
      { status: 'durable', applied: false, seq: 42 },
      { status: 'durable', applied: false, seq: 43 },
    ])
  })

  it('are to be sent again, under the same ids, when the journal can not take them', async () => {
    const { appended, results } = submit('applied')
    tell(appended().replyTo!, { type: 'append-failed', code: 'overloaded', reason: '9 records already wait' })
    await settle()
    const refused = { status: 'rejected', error: { code: 'overloaded', hint: expect.stringContaining('same eventId') } }
    expect(results()).toMatchObject([refused, { error: { code: 'unknown_item' } }, refused, refused])
  })

  it('keep their answers apart although an item comes or goes while they wait', async () => {
    const { catalog, appended, results } = submit('durable')
    catalog.deleteItem('i0', 100)
    catalog.putItem({ ...sampleItems(1)[0], id: 'unknown' }, 101)
    tell(appended().replyTo!, { type: 'appended', firstSeq: 41 })
    await settle()
    expect(results()?.map(result => ('seq' in result ? result.seq : result.status))).toEqual([41, 'rejected', 42, 43])
  })
})
