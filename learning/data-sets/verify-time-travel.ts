/**
 * Checks that no feature of the ranker's rows has seen its own future.
 *
 * 1. The rows of a seeded sample of queries are computed again by a replay that is given the journal only up to the
 *    record before the query's, and models fitted on the journal only up to `fitsThrough`. What lies behind can not be
 *    reached from there, whatever the code does.
 * 2. Features are compared bit for bit. A row that differs has seen something that a request at its time could not.
 */
import { createRandom, shuffle, splitSeed } from '../../algorithms/statistics/random.ts'
import { canonicalJson, type Settings } from '../../config/settings.ts'
import { featureCount, featureSchema } from '../../features/schema.ts'
import { schemaHashOf } from '../../funnel/schema-hash.ts'
import type { JournalReader } from '../../storage/event-log.ts'
import type { DataSet } from '../../storage/offline-store.ts'
import type { NumberColumn } from '../../storage/offline-store-columns.ts'
import { OfflineFunnel } from '../offline-funnel.ts'
import { fitRetrievalAsOf } from '../retrieval-as-of.ts'
import { TruncatedJournal } from '../truncated-journal.ts'
import type { DataSetTask } from './data-set.ts'
import { lineageSettings } from './lineage.ts'
import { dataSetSettings } from './settings.ts'

export interface TimeTravelReport {
  readonly queries: number
  readonly rows: number
  /** Rows that are not as they were then. */
  readonly differing: number
  readonly first: TimeTravelDifference | null
}

export interface TimeTravelDifference {
  /** Number of the row in the data set, from 0. */
  readonly row: number
  readonly user: string
  readonly item: string
  readonly askedSeq: number
  readonly problem: string
  /** The first feature, in schema order, whose bits differ; absent when the row could not be made at all. */
  readonly feature?: { readonly name: string; readonly exported: number; readonly recomputed: number }
}

export interface TimeTravelTask extends Omit<DataSetTask, 'toSeq' | 'seed'> {
  readonly dataSet: DataSet
}

/** @throws RangeError when the data set was made with other settings or features than these */
export async function verifyTimeTravel(task: TimeTravelTask): Promise<TimeTravelReport> {
  const { dataSet, journal, settings, progress } = task
  const { lineage } = dataSet.manifest
  refuseOthers(dataSet, settings)
  progress.step('Reading rows to check')
  const { verifiedQueries } = settings.of(dataSetSettings)
  const sample = await sampleRows(dataSet, verifiedQueries, splitSeed(lineage.seed, 'verification'))
  const fitsThrough = Number(lineage.details.fitsThrough)
  const { contents: models } = await fitRetrievalAsOf({ journal, settings, seed: lineage.seed, progress }, fitsThrough)
  const funnel = new OfflineFunnel(settings, task.limits)
  let next = journal.firstSeq
  const replayTo = (seq: number) => {
    for (const numbered of new TruncatedJournal(journal, seq).read(next)) funnel.apply(numbered)
    next = seq + 1
  }
  let [rows, differing] = [0, 0]
  let first: TimeTravelDifference | null = null
  progress.step('Computing them again', sample.length)
  replayTo(fitsThrough)
  await funnel.use(models)
  for (const query of sample) {
    task.throwIfCancelled()
    replayTo(query.askedSeq - 1)
    for (const difference of await compare(query, funnel, journal)) {
      rows++
      if (difference === null) continue
      differing++
      first ??= difference
    }
    progress.advance(1)
  }
  progress.done()
  return { queries: sample.length, rows, differing, first }
}

function refuseOthers({ manifest: { name, lineage } }: DataSet, settings: Settings): void {
  const hash = schemaHashOf(settings)
  if (lineage.featureSchemaHash !== hash) {
    throw new RangeError(
      `the rows of ${name} have features ${lineage.featureSchemaHash}, this program computes ${hash}`,
    )
  }
  if (canonicalJson(lineage.settings) === canonicalJson(lineageSettings(settings))) return
  throw new RangeError(`the rows of ${name} were made with other settings than are in force now`)
}

interface SampledQuery {
  readonly askedSeq: number
  readonly rows: SampledRow[]
}

interface SampledRow {
  readonly row: number
  readonly user: string
  readonly item: string
  readonly time: number
  readonly features: Float32Array
}

const keyColumns = ['query', 'asked_seq', 'user', 'item', 'time'] as const

/** All rows of `queriesMax` queries drawn at random, in journal order. */
async function sampleRows(dataSet: DataSet, queriesMax: number, seed: number): Promise<SampledQuery[]> {
  const numbers = new Set<number>()
  for await (const [query] of dataSet.batches(['query']))
    for (const number of query as NumberColumn) numbers.add(number)
  const drawn = [...numbers]
  shuffle(drawn, createRandom(seed))
  const wanted = new Map<number, SampledQuery | null>(drawn.slice(0, queriesMax).map(number => [number, null]))
  let begin = 0
  for await (const batch of dataSet.batches([...keyColumns, ...featureSchema.map(({ name }) => name)])) {
    const [query, askedSeq, user, item, time, ...features] = batch
    for (let at = 0; at < query.length; at++) {
      const number = query[at] as number
      const known = wanted.get(number)
      if (known === undefined) continue
      const sampled: SampledQuery = known ?? { askedSeq: askedSeq[at] as number, rows: [] }
      wanted.set(number, sampled)
      sampled.rows.push({
        row: begin + at,
        user: user[at] as string,
        item: item[at] as string,
        time: time[at] as number,
        features: Float32Array.from(features, column => column[at] as number),
      })
    }
    begin += query.length
  }
  return [...wanted.values()].filter(query => query !== null).sort((a, b) => a.askedSeq - b.askedSeq)
}

/** The difference of each row of a query, null for one that is as it was. */
async function compare(
  { askedSeq, rows }: SampledQuery,
  funnel: OfflineFunnel,
  journal: JournalReader,
): Promise<(TimeTravelDifference | null)[]> {
  const [asked] = journal.read(askedSeq, { toSeq: askedSeq, kinds: ['event'] })
  const differs = ({ row, user, item }: SampledRow, problem: string) => ({ row, user, item, askedSeq, problem })
  if (asked === undefined) return rows.map(row => differs(row, `record ${askedSeq} is no event`))
  const { user, time, context } = asked.record.event
  const { candidates, features } = await funnel.candidates(user, time, context)
  const places = new Map<number, number>()
  for (let place = 0; place < candidates.count; place++) places.set(candidates.item[place], place)
  return rows.map(row => {
    if (row.user !== user || row.time !== time)
      return differs(row, 'the request was of somebody else, or at another time')
    const place = places.get(funnel.replay.catalog.findItem(row.item))
    if (place === undefined) return differs(row, 'the item was no candidate then')
    const column = firstDifference(row.features, features.subarray(place * featureCount, (place + 1) * featureCount))
    if (column < 0) return null
    const { name } = featureSchema[column]
    const feature = { name, exported: row.features[column], recomputed: features[place * featureCount + column] }
    return { ...differs(row, `feature ${name} differs`), feature }
  })
}

function firstDifference(exported: Float32Array, recomputed: Float32Array): number {
  const from = bitsOf(exported)
  const to = bitsOf(recomputed)
  return from.findIndex((bits, column) => bits !== to[column])
}

function bitsOf(numbers: Float32Array): Uint32Array {
  return new Uint32Array(numbers.buffer, numbers.byteOffset, numbers.length)
}
