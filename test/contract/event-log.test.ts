import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { JournalRecord } from '../../domain/journal.ts'
import type { EventLog, TailingReader } from '../../storage/event-log.ts'
import type { JournalSettings } from '../../storage/lmdb-event-log.ts'
import { openJournal } from '../../storage/open-journal.ts'
import { ScriptProcess } from '../unit/storage/child-process.ts'
import { anyRecords, eventRecord, eventRecords } from '../unit/storage/sample-records.ts'

interface Implementation {
  readonly name: string
  readonly open: (place: string, settings: JournalSettings) => Promise<EventLog>
  readonly openReader: (place: string) => Promise<TailingReader>
  /** Another process that reads the journal, see `event-log.child.ts`. */
  readonly readerProcess: (place: string) => ScriptProcess
}

const implementations: Implementation[] = [
  {
    name: 'lmdb',
    open: openJournal,
    openReader: place => openJournal(place, { readOnly: true }),
    readerProcess: place => new ScriptProcess(new URL('./event-log.child.ts', import.meta.url), [place]),
  },
]

const large: JournalSettings = { segmentRecords: 1_000_000, segmentBytes: 64 * 1024 * 1024 }
const tiny: JournalSettings = { ...large, segmentRecords: 10 }

const seqs = (records: Iterable<{ seq: number }>) => Array.from(records, record => record.seq)
const fromTo = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, i) => first + i)

describe.each(implementations)('the $name journal', ({ open, openReader, readerProcess }) => {
  let place: string
  let opened: { close(): Promise<void> }[]

  beforeEach(async () => {
    place = await mkdtemp(join(tmpdir(), 'sluice-journal-'))
    opened = []
  })

  afterEach(async () => {
    for (const log of opened) await log.close()
    await rm(place, { recursive: true, force: true })
  })

  async function journal(settings = large): Promise<EventLog> {
    const log = await open(place, settings)
    opened.push(log)
    return log
  }

  async function reader(): Promise<TailingReader> {
    const log = await openReader(place)
    opened.push(log)
    return log
  }

  describe('appending', () => {
    it('gives numbers from 1 on without gaps and answers with the first of each call', async () => {
      const log = await journal()
      expect([log.firstSeq, log.lastSeq]).toEqual([1, 0])
      expect(await log.append(eventRecords('a', 3))).toBe(1)
      expect(await log.append(eventRecords('b', 1))).toBe(4)
      expect(await log.append(eventRecords('c', 2))).toBe(5)
      expect(log.lastSeq).toBe(6)
      expect(seqs(log.read(1))).toEqual(fromTo(1, 6))
    })

    it('numbers and resolves calls that overlap in the order of the calls', async () => {
      const log = await journal(tiny)
      const resolved: number[] = []
      const firsts = await Promise.all(
        Array.from({ length: 40 }, async (_, call) => {
          if (call === 20) await log.append(eventRecords('before', 1))
          const first = await log.append(eventRecords(`${call}`, 1 + (call % 3)))
          resolved.push(first)
          return first
        }),
      )
      expect(resolved).toEqual(resolved.toSorted((a, b) => a - b))
      const calls = fromTo(0, 39).filter(call => call !== 20)
      expect(calls.map(call => firsts[call])).toEqual(resolved.filter(first => first !== firsts[20]))
      const ids = Array.from(log.read(1, { kinds: ['event'] }), ({ record }) => record.event.eventId)
      for (const [call, first] of firsts.entries()) expect(ids[first - 1]).toBe(`${call}:0`)
      expect(seqs(log.read(1))).toEqual(fromTo(1, log.lastSeq))
    })

    it('shows nothing before it is durable', async () => {
      const log = await journal()
      const appending = log.append(eventRecords('a', 3))
      expect([log.lastSeq, seqs(log.read(1))]).toEqual([0, []])
      await appending
      expect(seqs(log.read(1))).toEqual([1, 2, 3])
    })

    it('refuses an empty call, and a record that can not be stored, and stays as it was', async () => {
      const log = await journal()
      await log.append(eventRecords('a', 2))
      await expect(log.append([])).rejects.toMatchObject({ code: 'invalid' })
      const tooLarge: JournalRecord = { kind: 'settings', at: 0, hash: '', values: { x: 2n ** 80n } }
      await expect(log.append([eventRecord('b'), tooLarge])).rejects.toThrow()
      expect(await log.append([eventRecord('c')])).toBe(3)
      expect(seqs(log.read(1))).toEqual([1, 2, 3])
    })

    it('finishes what was appended before it closes, and takes nothing after', async () => {
      const log = await journal()
      const appending = log.append(eventRecords('a', 3))
      const closing = log.close()
      await expect(log.append(eventRecords('b', 1))).rejects.toMatchObject({ code: 'closed' })
      await closing
      expect(await appending).toBe(1)
      await expect(log.append(eventRecords('b', 1))).rejects.toMatchObject({ code: 'closed' })
      expect(() => log.read(1).next()).toThrow(expect.objectContaining({ code: 'closed' }))
      expect((await journal()).lastSeq).toBe(3)
    })

    it('keeps every record through any sequence of appends and reopenings', async () => {
      const anyStep = fc.oneof(
        { weight: 5, arbitrary: fc.array(anyRecords, { minLength: 1, maxLength: 4 }) },
        { weight: 1, arbitrary: fc.constant('reopen' as const) },
      )
      await fc.assert(
        fc.asyncProperty(fc.array(anyStep, { maxLength: 8 }), async steps => {
          await rm(place, { recursive: true, force: true })
          const expected: JournalRecord[] = []
          let log = await open(place, tiny)
          for (const step of steps) {
            if (step === 'reopen') {
              await log.close()
              log = await open(place, tiny)
              continue
            }
            await Promise.all(step.map(records => log.append(records)))
            for (const records of step) expected.push(...records)
          }
          expect([...log.read(1)]).toEqual(expected.map((record, i) => ({ seq: i + 1, record })))
          await log.close()
        }),
        { numRuns: 15 },
      )
    })
  })

  describe('reading', () => {
    it('begins and ends where it is told, inside of a call or across calls and segments', async () => {
      const log = await journal(tiny)
      for (let i = 0; i < 8; i++) await log.append(eventRecords(`${i}`, 7))
      for (const [from, to] of [
        [1, 56],
        [3, 3],
        [5, 30],
        [14, 15],
        [50, 56],
      ] as const) {
        expect(seqs(log.read(from, { toSeq: to }))).toEqual(fromTo(from, to))
      }
      expect(seqs(log.read(57))).toEqual([])
      expect(() => log.read(0)).toThrow(expect.objectContaining({ code: 'invalid' }))
    })

    it('gives only the kinds that were asked for, with their own numbers', async () => {
      const log = await journal()
      await log.append([
        eventRecord('a'),
        { kind: 'epoch', at: 5 },
        eventRecord('b'),
        { kind: 'user-delete', at: 6, id: 'u' },
      ])
      expect([...log.read(1, { kinds: ['epoch', 'user-delete'] })]).toEqual([
        { seq: 2, record: { kind: 'epoch', at: 5 } },
        { seq: 4, record: { kind: 'user-delete', at: 6, id: 'u' } },
      ])
    })

    it('goes on to what was appended while it was under way', async () => {
      const log = await journal(tiny)
      await log.append(eventRecords('a', 6))
      const open = log.read(2)
      const bounded = log.read(2, { toSeq: 8 })
      expect([open.next().value?.seq, bounded.next().value?.seq]).toEqual([2, 2])
      for (let i = 0; i < 10; i++) await log.append(eventRecords('b', 6))
      expect(seqs(open)).toEqual(fromTo(3, 66))
      expect(seqs(bounded)).toEqual(fromTo(3, 8))
    })

    it('reads much more than one block in order', async () => {
      const log = await journal()
      for (let i = 0; i < 10; i++) await log.append(eventRecords(`${i}`, 2_000))
      let next = 1
      for (const { seq } of log.read(1)) if (seq === next) next++
      expect(next).toBe(20_001)
    })
  })

  describe('retention', () => {
    it('removes whole segments that are older, and never the one being written', async () => {
      const log = await journal(tiny)
      for (let i = 0; i < 5; i++) await log.append(eventRecords(`${i}`, 10))
      expect(await log.dropBefore(10)).toBe(1)
      expect(await log.dropBefore(11)).toBe(11)
      expect(await log.dropBefore(39)).toBe(31)
      expect(seqs(log.read(31))).toEqual(fromTo(31, 50))
      expect(await log.dropBefore(1_000)).toBe(41)
      expect(() => log.read(40)).toThrow(expect.objectContaining({ code: 'dropped' }))
      expect(seqs(log.read(log.firstSeq))).toEqual(fromTo(41, 50))
    })

    it('gives no number twice, also after it was opened again', async () => {
      const log = await journal(tiny)
      for (let i = 0; i < 3; i++) await log.append(eventRecords(`${i}`, 10))
      await log.dropBefore(30)
      await log.close()
      const again = await journal(tiny)
      expect([again.firstSeq, again.lastSeq]).toEqual([21, 30])
      expect(await again.append(eventRecords('more', 1))).toBe(31)
    })

    it('stops a reading that it overtakes instead of leaving records out', async () => {
      const log = await journal(tiny)
      for (let i = 0; i < 3; i++) await log.append(eventRecords(`${i}`, 10))
      const reading = log.read(1)
      reading.next()
      await log.dropBefore(21)
      expect(() => seqs(reading)).toThrow(expect.objectContaining({ code: 'dropped' }))
    })
  })

  describe('a tailing reader', () => {
    it('shows what is committed and dropped with each refresh', async () => {
      const tail = await reader()
      expect([tail.firstSeq, tail.lastSeq]).toEqual([1, 0])
      const log = await journal(tiny)
      for (let i = 0; i < 4; i++) await log.append(eventRecords(`${i}`, 6))
      expect(tail.lastSeq).toBe(0)
      expect(await tail.refresh()).toBe(24)
      expect(seqs(tail.read(4))).toEqual(fromTo(4, 24))
      await log.append(eventRecords('more', 6))
      await log.dropBefore(13)
      expect(await tail.refresh()).toBe(30)
      expect([tail.firstSeq, ...seqs(tail.read(13))]).toEqual([13, ...fromTo(13, 30)])
      expect(() => tail.read(12)).toThrow(expect.objectContaining({ code: 'dropped' }))
      await tail.close()
      await expect(tail.refresh()).rejects.toMatchObject({ code: 'closed' })
    })

    it('sees from another process what was appended since it last looked', async () => {
      const log = await journal(tiny)
      await log.append(eventRecords('a', 2))
      const child = readerProcess(place)
      try {
        expect(JSON.parse(await child.ask('1'))).toEqual({ firstSeq: 1, lastSeq: 2, ids: ['a:0', 'a:1'] })
        await log.append(eventRecords('b', 1))
        expect(JSON.parse(await child.ask('3'))).toEqual({ firstSeq: 1, lastSeq: 3, ids: ['b:0'] })
        for (let i = 0; i < 6; i++) await log.append(eventRecords(`${i}`, 6))
        expect(JSON.parse(await child.ask('40')).lastSeq).toBe(39)
        await log.dropBefore(30)
        const seen = JSON.parse(await child.ask(`${log.firstSeq}`))
        expect(seen).toMatchObject({ firstSeq: log.firstSeq, lastSeq: 39 })
        expect(seen.ids).toHaveLength(40 - log.firstSeq)
      } finally {
        await child.kill()
      }
    })
  })
})
