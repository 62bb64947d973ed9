import { describe, expect, it } from 'vitest'
import { Importer } from '../../../cli/import/importer.ts'
import { importJsonl } from '../../../cli/import/jsonl.ts'
import { createRecordReaders } from '../../../cli/import/readers.ts'
import { resolveSettings } from '../../../cli/settings.ts'
import { hourMs } from '../../../config/units.ts'
import type { JournalEvent } from '../../../domain/event.ts'
import { type Call, FakeEngine, importerParts } from './fake-engine.ts'

const start = Date.UTC(2024, 0, 1)
const place = { file: 'test', line: 1 }

function event(n: number, time: number): JournalEvent {
  return { eventId: `e${n}`, type: 'click', user: 'u', item: 'i', time, roles: 2, receivedAt: time }
}

async function addEvents(times: readonly number[], known: readonly string[] = []) {
  const engine = new FakeEngine()
  const importer = new Importer(importerParts(engine, false, known))
  await importer.add({ kind: 'item', value: { id: 'i', title: '', categories: [], creators: [] } }, place)
  for (const [n, time] of times.entries()) await importer.add({ kind: 'event', value: event(n, time) }, place)
  await importer.finish()
  return { engine, importer, eventCalls: engine.calls.filter(({ kind }) => kind === 'events' || kind === 'epoch') }
}

const sizes = (calls: readonly Call[]) => calls.map(call => (call.kind === 'events' ? call.ids.length : call.kind))

describe('the importer', () => {
  it('publishes counters at the end of 6 hours of data time that have events', async () => {
    const { eventCalls } = await addEvents([start, start + hourMs, start + 6 * hourMs, start + 30 * hourMs])
    expect(sizes(eventCalls)).toEqual([2, 'epoch', 1, 'epoch', 1, 'epoch'])
  })

  it('publishes counters after 2,000 events', async () => {
    const { eventCalls } = await addEvents(Array.from({ length: 4_001 }, (_, n) => start + n))
    expect(sizes(eventCalls)).toEqual([2000, 'epoch', 2000, 'epoch', 1, 'epoch'])
  })

  it('leaves out events that are there already', async () => {
    const { engine, importer } = await addEvents([start, start + 1, start + 2], ['e1'])
    expect(engine.events.map(({ eventId }) => eventId)).toEqual(['e0', 'e2'])
    expect(importer.counts).toMatchObject({ events: 2, repeated: 1 })
  })

  it('keeps the order of records of different kinds', async () => {
    const engine = new FakeEngine()
    const importer = new Importer(importerParts(engine))
    for (const id of ['a', 'b']) {
      await importer.add({ kind: 'item', value: { id, title: '', categories: [], creators: [] } }, place)
      await importer.add({ kind: 'event', value: { ...event(0, start), eventId: id, item: id } }, place)
      await importer.add({ kind: 'user', value: { id } }, place)
    }
    await importer.finish()
    expect(engine.calls.map(call => ('ids' in call ? `${call.kind} ${call.ids}` : call.kind))).toEqual([
      'items a',
      'events a',
      'epoch',
      'users a',
      'items b',
      'events b',
      'epoch',
      'users b',
    ])
  })
})

async function importText(text: string, keepGoing = false, machineMs = Date.now()) {
  const engine = new FakeEngine()
  const parts = importerParts(engine, keepGoing)
  const importer = new Importer(parts)
  const settings = resolveSettings({ dataDir: 'none', environment: {}, commandLine: {} })
  async function* chunks() {
    yield Buffer.from(text)
  }
  const source = { name: 'history.jsonl', chunks: chunks(), lineBytesMax: 1000 }
  const { signal } = new AbortController()
  const clock = { now: () => start }
  const readers = createRecordReaders(settings, { now: () => machineMs })
  await importJsonl(source, { importer, readers, bad: parts.bad, clock, signal })
  await importer.finish()
  return { engine, bad: parts.bad, counts: importer.counts }
}

const item = '{"kind":"item","id":"i","title":"Jaws"}\n'

describe('JSON lines', () => {
  it('take the fields of the HTTP bodies', async () => {
    const { engine, counts } = await importText(
      `${item}\n{"kind":"user","id":"u","ageBand":"25-34"}\n` +
        '{"kind":"event","type":"rating","value":5,"user":"u","item":"i","time":"2024-01-01T00:00:00Z","eventId":"e"}',
    )
    expect(counts).toEqual({ items: 1, users: 1, events: 1, repeated: 0, clamped: 0 })
    expect(engine.events[0]).toMatchObject({ eventId: 'e', roles: 2 | 4 | 8, time: start, receivedAt: start })
  })

  it('happened at the latest now, by the clock of the machine', async () => {
    const said = (time: string) => `{"kind":"event","type":"click","user":"u","item":"i","time":"${time}"}\n`
    const machineMs = start + hourMs
    const text = item + said('2024-01-01T00:00:00Z') + said('2099-01-01T00:00:00Z') + said('2024-01-01T00:30:00Z')
    const { engine, counts } = await importText(text, false, machineMs)
    expect(counts).toMatchObject({ events: 3, clamped: 1 })
    expect(engine.events.map(({ time }) => time)).toEqual([start, machineMs, start + hourMs / 2])
    expect(engine.events.map(({ receivedAt }) => receivedAt)).toEqual([start, machineMs, machineMs])
  })

  it('give an event without an id the same one each time', async () => {
    const text = `${item}{"kind":"event","type":"click","user":"u","item":"i"}\n`.repeat(2)
    const [first, second] = [await importText(text), await importText(text)]
    const ids = first.engine.events.map(({ eventId }) => eventId)
    expect(new Set(ids).size).toBe(2)
    expect(second.engine.events.map(({ eventId }) => eventId)).toEqual(ids)
  })

  it.each([
    ['{"kind":"item","id":"i"', 'history.jsonl, line 2, column 24: is not JSON'],
    ['{"kind":"item",,}', 'history.jsonl, line 2, column 16: is not JSON'],
    ['[1]', 'history.jsonl, line 2: is JSON, but not an object'],
    ['{"id":"i"}', 'history.jsonl, line 2, field kind: is missing'],
    ['{"kind":"itme"}', 'history.jsonl, line 2, field kind: is not a kind of record: "itme"'],
    ['{"kind":"item","id":"i","titel":"x"}', 'history.jsonl, line 2, field titel: is not a field'],
    [
      '{"kind":"event","type":"click","user":"u","item":"j"}',
      'history.jsonl, line 2, field item: no item has the id "j"',
    ],
    [
      '{"kind":"event","type":"clack","user":"u","item":"i"}',
      'history.jsonl, line 2, field type: is not a known event',
    ],
    [`{"kind":"user","id":"${'x'.repeat(2000)}"}`, 'history.jsonl, line 2: has 2023 bytes, at most 1000 are allowed'],
  ])('name the line and the field of what is wrong: %s', async (line, message) => {
    await expect(importText(`${item}${line}\n`)).rejects.toThrow(message)
  })

  it('count what is wrong and go on when told to', async () => {
    const { bad, counts } = await importText(`{\n${item}nonsense\n{"kind":"user","id":"u"}\n`, true)
    expect(counts).toMatchObject({ items: 1, users: 1 })
    expect(bad.shown.map(({ place: { line } }) => line)).toEqual([1, 3])
  })
})
