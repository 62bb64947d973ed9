import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { CatalogMessage } from '../../actors/catalog/protocol.ts'
import { journalActor } from '../../actors/journal/actor.ts'
import type {
  AppendFailed,
  AppendReply,
  CommittedGroup,
  JournalMessage,
  Recovered,
  TakenIn,
} from '../../actors/journal/protocol.ts'
import { journalSettings } from '../../actors/journal/settings.ts'
import type { EventsApplied } from '../../actors/user-shard/protocol.ts'
import type { JournalRecord } from '../../domain/journal.ts'
import { tell } from '../../supervision/actor-ref.ts'
import { MemoryEventLog } from '../fakes/memory-event-log.ts'
import { Probe } from '../fakes/probe.ts'
import { testSettings } from '../fakes/samples.ts'
import { settle, testSystem } from './supervision.harness.ts'

const records = (...names: string[]): JournalRecord[] => names.map(id => ({ kind: 'item-delete', at: 0, id }))
const namesOf = (all: readonly JournalRecord[]) => all.map(record => (record.kind === 'item-delete' ? record.id : ''))

function start(values: Record<string, number> = {}) {
  const { system } = testSystem()
  const log = new MemoryEventLog()
  const catalog = new Probe<CatalogMessage>('catalog')
  const settings = testSettings(values).of(journalSettings)
  const journal = system.spawn<JournalMessage>('journal', journalActor({ log, catalog, settings }))
  const append = (...names: string[]) => {
    const replyTo = new Probe<AppendReply>()
    tell(journal, { type: 'append', records: records(...names), replyTo })
    return replyTo
  }
  return { system, log, catalog, journal, append }
}

const groupsOf = (catalog: Probe<CatalogMessage>): CommittedGroup[] =>
  catalog.of('committed').flatMap(message => message.groups)

/** The stream that the catalog saw, as number and name. */
const streamOf = (catalog: Probe<CatalogMessage>) =>
  groupsOf(catalog).flatMap(group => namesOf(group.records).map((name, i) => `${group.firstSeq + i} ${name}`))

describe('the journal', () => {
  it('acknowledges and hands on only what is durable', async () => {
    const { log, catalog, append } = start()
    log.isHeld = true
    const reply = append('a', 'b')
    await settle()
    expect([reply.received, catalog.received]).toEqual([[], []])
    log.release()
    await settle()
    expect(reply.received).toEqual([{ type: 'appended', firstSeq: 1 }])
    expect(streamOf(catalog)).toEqual(['1 a', '2 b'])
  })

  it('commits one after the other; each takes everything that came before its turn', async () => {
    const { log, catalog, append } = start()
    log.isHeld = true
    const replies = [append('a'), append('b', 'c')]
    await settle()
    expect(log.underWay).toBe(1)
    replies.push(append('d'))
    await settle()
    replies.push(append('e'))
    await settle()
    expect([log.commits, log.underWay]).toEqual([[], 1])
    log.release()
    await settle()
    expect([log.commits, log.underWay]).toEqual([[3], 1])
    log.release()
    await settle()
    expect(log.commits).toEqual([3, 2])
    expect(streamOf(catalog)).toEqual(['1 a', '2 b', '3 c', '4 d', '5 e'])
    expect(replies.map(reply => reply.last)).toEqual([1, 2, 4, 5].map(firstSeq => ({ type: 'appended', firstSeq })))
  })

  it('puts at most so many records into one commit, and never parts those of one call', async () => {
    const { log, append } = start({ 'journal.commit.recordsPerCommitMax': 3 })
    log.isHeld = true
    for (const names of ['a', 'bc', 'de', 'f', 'ghij']) append(...names)
    for (let i = 0; i < 4; i++) {
      await settle()
      log.release()
    }
    await settle()
    expect(log.commits).toEqual([3, 3, 4])
    expect(namesOf(log.records).join('')).toBe('abcdefghij')
  })

  it('refuses at once what is more than may wait, and stores nothing of it', async () => {
    const { log, append } = start({ 'journal.commit.pendingRecordsMax': 3 })
    log.isHeld = true
    append('under way')
    await settle()
    const waits = append('a', 'b')
    const tooMany = append('c', 'd')
    const fits = append('e')
    await settle()
    expect(tooMany.received).toMatchObject([{ type: 'append-failed', code: 'overloaded' }])
    log.isHeld = false
    log.release()
    await settle()
    expect([waits.last?.type, fits.last?.type]).toEqual(['appended', 'appended'])
    expect(namesOf(log.records)).toEqual(['under way', 'a', 'b', 'e'])
  })

  it('tells everybody whose commit failed, hands on nothing of it, and says that it cannot write', async () => {
    const { system, log, catalog, append } = start()
    log.isHeld = true
    const lucky = append('a')
    await settle()
    const unlucky = [append('b'), append('c')]
    await settle()
    log.release()
    await settle()
    log.failure = new Error('the disk is full')
    log.release()
    await settle()
    expect(lucky.last?.type).toBe('appended')
    for (const reply of unlucky) {
      expect(reply.received).toMatchObject([{ type: 'append-failed', code: 'storage_failed' }])
      expect(reply.last).toMatchObject({ reason: expect.stringContaining('the disk is full') })
    }
    expect(streamOf(catalog)).toEqual(['1 a'])
    expect(system.health()).toMatchObject({ ready: false, state: 'failed' })
  })

  it('says when a group is in memory, at once; while the disk refuses, when it is durable', async () => {
    const { log, journal } = start()
    const takeIn = (name: string) => {
      const takenInTo = new Probe<TakenIn | AppendFailed>()
      tell(journal, { type: 'append', records: records(name), takenInTo })
      return takenInTo
    }
    log.isHeld = true
    const first = takeIn('a')
    await settle()
    expect(first.received).toEqual([{ type: 'taken-in' }])
    log.failure = new Error('the disk is full')
    log.release()
    await settle()
    expect(first.received).toHaveLength(1)
    const [second, third] = [takeIn('b'), takeIn('c')]
    await settle()
    expect([second.received, third.received]).toEqual([[], []])
    log.release()
    await settle()
    expect(second.received).toMatchObject([{ type: 'append-failed', code: 'storage_failed' }])
    log.failure = null
    log.isHeld = false
    const fourth = takeIn('d')
    await settle()
    expect(fourth.received).toEqual([{ type: 'taken-in' }])
  })

  it('passes on whom the user shards have to tell, group by group', async () => {
    const { catalog, journal } = start()
    const appliedTo = new Probe<EventsApplied>()
    tell(journal, { type: 'append', records: records('a'), appliedTo })
    tell(journal, { type: 'append', records: records('b') })
    await settle()
    expect(groupsOf(catalog).map(group => group.appliedTo)).toEqual([appliedTo, undefined])
  })

  it('gives the catalog every acknowledged record once, in order and without a gap, whatever happens when', async () => {
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.integer({ min: 1, max: 5 }) },
      { weight: 3, arbitrary: fc.constant('release' as const) },
      { weight: 1, arbitrary: fc.constant('fail once' as const) },
      { weight: 1, arbitrary: fc.constant('wait' as const) },
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async steps => {
        const { log, catalog, append } = start({ 'journal.commit.recordsPerCommitMax': 4 })
        log.isHeld = true
        const acknowledged: { names: string[]; reply: Probe<AppendReply> }[] = []
        let made = 0
        for (const step of steps) {
          if (typeof step === 'number') {
            const names = Array.from({ length: step }, () => `${++made}`)
            acknowledged.push({ names, reply: append(...names) })
          } else {
            log.failure = step === 'fail once' ? new Error('once') : null
            if (step !== 'wait') log.release()
            await new Promise(resolve => setImmediate(resolve))
          }
        }
        log.failure = null
        log.isHeld = false
        while (log.underWay > 0) log.release()
        await settle()
        const stored = acknowledged.filter(({ reply }) => reply.last?.type === 'appended')
        expect(acknowledged.every(({ reply }) => reply.received.length === 1)).toBe(true)
        expect(streamOf(catalog)).toEqual(stored.flatMap(({ names }) => names).map((name, i) => `${i + 1} ${name}`))
      }),
      { numRuns: 40 },
    )
  })
})

describe('the recovery of the journal', () => {
  function recovering(count: number, slice: number, fromSeq = 1) {
    const world = start({ 'journal.commit.recoverySlice': slice })
    world.log.records.push(...records(...Array.from({ length: count }, (_, i) => `r${i + 1}`)))
    const doneTo = new Probe<Recovered>()
    tell(world.journal, { type: 'recover', fromSeq, doneTo })
    return { ...world, doneTo }
  }

  it('hands on the tail in slices, each when the one before has been handed on', async () => {
    const { journal, catalog, doneTo } = recovering(5, 2)
    await settle()
    expect(streamOf(catalog)).toEqual(['1 r1', '2 r2'])
    for (const expected of [4, 5]) {
      tell(groupsOf(catalog).at(-1)!.handedOnTo!, { type: 'handed-on' })
      await settle()
      expect(streamOf(catalog)).toHaveLength(expected)
    }
    expect(doneTo.received).toEqual([])
    tell(journal, { type: 'handed-on' })
    await settle()
    expect(doneTo.received).toEqual([{ type: 'recovered', throughSeq: 5 }])
  })

  it('begins behind the snapshot, and ends at once when nothing is behind it', async () => {
    const tail = recovering(5, 10, 4)
    await settle()
    expect(streamOf(tail.catalog)).toEqual(['4 r4', '5 r5'])
    const { system, catalog, doneTo } = recovering(5, 10, 6)
    await settle()
    expect(catalog.received).toEqual([])
    expect(doneTo.received).toEqual([{ type: 'recovered', throughSeq: 5 }])
    expect(system.health().ready).toBe(true)
  })

  it('is overtaken by nothing: new groups wait until the tail is on its way', async () => {
    const { system, journal, catalog, append } = recovering(3, 2)
    const reply = append('new')
    await settle()
    expect([reply.received, system.health().ready]).toEqual([[], false])
    tell(journal, { type: 'handed-on' })
    await settle()
    expect(reply.received).toEqual([])
    tell(journal, { type: 'handed-on' })
    await settle()
    expect(streamOf(catalog)).toEqual(['1 r1', '2 r2', '3 r3', '4 new'])
    expect(reply.received).toEqual([{ type: 'appended', firstSeq: 4 }])
  })
})
