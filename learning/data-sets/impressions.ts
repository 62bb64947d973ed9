/**
 * What people were shown and what came of it: one row per item of a feed.
 *
 * 1. A feed is a served record of the journal, or a request that the client's events tell of. Impressions without a
 *    request belong to the run of impressions of their item (see `Showings`), without a position.
 * 2. An engagement is the outcome of the item that its showing showed, when it comes within `outcomeWindowMs` of it.
 * 3. Rows come in the order in which they were shown; one is written when its window has passed. Where the journal ends
 *    before that, `settled` is 0: what is not yet an outcome there may still become one.
 */
import type { JournalEvent } from '../../domain/event.ts'
import type { ServedRecord } from '../../domain/journal.ts'
import { engagementRoles, Role } from '../../domain/roles.ts'
import { featureSettings } from '../../features/settings.ts'
import type { Column } from '../../storage/offline-store-columns.ts'
import { Showings } from '../showings.ts'
import type { DataSetTask, RowSink } from './data-set.ts'
import { RowBuffer } from './row-buffer.ts'
import { dataSetSettings } from './settings.ts'

export const impressionColumns: readonly Column[] = [
  { name: 'request', type: 'text' },
  { name: 'user', type: 'text' },
  { name: 'item', type: 'text' },
  { name: 'position', type: 'uint32' },
  { name: 'time', type: 'whole' },
  { name: 'seq', type: 'whole' },
  { name: 'served', type: 'uint8' },
  { name: 'shown', type: 'uint8' },
  { name: 'model_set', type: 'text' },
  { name: 'score', type: 'float32' },
  { name: 'propensity', type: 'float32' },
  { name: 'clicked', type: 'uint8' },
  { name: 'finished', type: 'uint8' },
  { name: 'positive', type: 'uint8' },
  { name: 'negative', type: 'uint8' },
  { name: 'outcome_seq', type: 'whole' },
  { name: 'settled', type: 'uint8' },
]

export async function exportImpressions(task: DataSetTask, sink: RowSink): Promise<object> {
  const { journal, settings, toSeq, progress } = task
  const feeds = new ShownFeeds(settings.of(featureSettings).sessionGapMs, settings.of(dataSetSettings).outcomeWindowMs)
  const buffer = new RowBuffer(impressionColumns)
  progress.step('Reading impressions', toSeq - journal.firstSeq + 1)
  let before = journal.firstSeq - 1
  for (const { seq, record } of journal.read(journal.firstSeq, { toSeq, kinds: ['served', 'event'] })) {
    if (record.kind === 'served') feeds.served(record.served, seq)
    else feeds.event(record.event, seq)
    progress.advance(seq - before)
    before = seq
    if (seq % 1024 !== 0) continue
    task.throwIfCancelled()
    await write(feeds.settled(), 1, buffer, sink)
  }
  await write(feeds.settled(), 1, buffer, sink)
  await write(feeds.open(), 0, buffer, sink)
  if (buffer.count > 0) await sink.append(buffer.take())
  progress.done()
  return { unsettledRows: feeds.open().length }
}

async function write(rows: Iterable<Shown>, settled: number, buffer: RowBuffer, sink: RowSink): Promise<void> {
  for (const row of rows) {
    const { request, user, item, position, time, seq, served, shown, modelSet, score, propensity, roles } = row
    const has = (role: number) => ((roles & role) === 0 ? 0 : 1)
    const clicked = has(engagementRoles)
    const labels = [clicked, has(Role.finish), has(Role.positive), has(Role.negative), row.outcomeSeq, settled]
    const about = [request, user, item, position, time, seq, served, shown, modelSet, score, propensity]
    buffer.add([...about, ...labels])
    if (buffer.isFull) await sink.append(buffer.take())
  }
}

/** One item of a feed. */
interface Shown {
  readonly key: string
  readonly request: string | null
  readonly user: string
  readonly item: string
  /** From 1, 0 where it is not known. */
  readonly position: number
  readonly time: number
  /** Number of the served record, or of the event that tells of it first. */
  readonly seq: number
  readonly served: 0 | 1
  /** Whether the client confirmed that the person saw it. */
  shown: 0 | 1
  readonly modelSet: string | null
  readonly score: number
  readonly propensity: number
  /** Roles of what came of it. */
  roles: number
  /** Number of the first event that came of it, 0 while there is none. */
  outcomeSeq: number
}

class ShownFeeds {
  private readonly sessionGapMs: number
  private readonly outcomeWindowMs: number
  private readonly showings: Showings
  /** In the order of `seq`; those that were handed out are gone. */
  private rows: Shown[] = []
  private readonly byKey = new Map<string, Shown>()
  /** Items that events have told of so far, by request. */
  private readonly positions = new Map<string, number>()
  /** Impressions without a request, by person and item. */
  private readonly runs = new Map<string, { readonly begin: number; lastAt: number }>()
  private now = Number.NEGATIVE_INFINITY

  constructor(sessionGapMs: number, outcomeWindowMs: number) {
    this.sessionGapMs = sessionGapMs
    this.showings = new Showings(sessionGapMs)
    this.outcomeWindowMs = outcomeWindowMs
  }

  served(record: ServedRecord, seq: number): void {
    const { requestId, user, items, now, scores, propensities } = record
    const modelSet = record.modelSet === '' ? null : record.modelSet
    items.forEach((item, at) => {
      const key = keyOf(user, requestId, item)
      const row = { key, request: requestId, user, item, position: at + 1, time: now, seq, modelSet }
      const [score, propensity] = [scores[at], propensities[at]]
      this.add({ ...row, score, propensity, served: 1, shown: 0, roles: 0, outcomeSeq: 0 })
    })
    this.positions.set(keyOf(user, requestId, ''), items.length)
  }

  event(event: JournalEvent, seq: number): void {
    const { user, item, time, roles, requestId = null } = event
    this.now = Math.max(this.now, time)
    const askSeq = this.showings.add(event, seq)
    const isImpression = (roles & Role.impression) !== 0
    const showing = requestId ?? (isImpression ? this.runAt(event, seq) : askSeq)
    const key = keyOf(user, showing, item)
    if (isImpression) this.impression(key, event, seq)
    const outcome = roles & engagementRoles
    const row = this.byKey.get(key)
    if (outcome === 0 || row === undefined || time - row.time > this.outcomeWindowMs) return
    row.roles |= outcome
    if (row.outcomeSeq === 0) row.outcomeSeq = seq
  }

  /** Hands out the oldest rows whose window has passed. */
  *settled(): Generator<Shown> {
    let first = 0
    while (first < this.rows.length && this.now - this.rows[first].time > this.outcomeWindowMs) {
      const row = this.rows[first++]
      this.forget(row)
      yield row
    }
    if (first > 0) this.rows = this.rows.slice(first)
  }

  open(): readonly Shown[] {
    return this.rows
  }

  private impression(key: string, { requestId, user, item, time }: JournalEvent, seq: number): void {
    const known = this.byKey.get(key)
    if (known !== undefined) {
      known.shown = 1
      return
    }
    const position = requestId === undefined ? 0 : this.nextPosition(keyOf(user, requestId, ''))
    const row = { key, request: requestId ?? null, user, item, position, time, seq, modelSet: null }
    const [score, propensity] = [Number.NaN, Number.NaN]
    this.add({ ...row, score, propensity, served: 0, shown: 1, roles: 0, outcomeSeq: 0 })
  }

  /** The number of the first impression of the run that this one extends or begins: what `Showings` says of a click on it. */
  private runAt({ user, item, time }: JournalEvent, seq: number): number {
    const key = keyOf(user, 0, item)
    const known = this.runs.get(key)
    const run = known !== undefined && time - known.lastAt <= this.sessionGapMs ? known : { begin: seq, lastAt: time }
    run.lastAt = Math.max(run.lastAt, time)
    this.runs.set(key, run)
    return run.begin
  }

  private nextPosition(request: string): number {
    const position = (this.positions.get(request) ?? 0) + 1
    this.positions.set(request, position)
    return position
  }

  private add(row: Shown): void {
    if (this.byKey.has(row.key)) return
    this.byKey.set(row.key, row)
    this.rows.push(row)
  }

  private forget({ key, user, item, request }: Shown): void {
    this.byKey.delete(key)
    if (request === null) this.runs.delete(keyOf(user, 0, item))
    else this.positions.delete(keyOf(user, request, ''))
  }
}

function keyOf(user: string, request: string | number, item: string): string {
  return JSON.stringify([user, request, item])
}
