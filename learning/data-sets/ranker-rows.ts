/**
 * What the ranker learns from: the candidates of past requests with their features as of then, and what came of them.
 *
 * 1. A row of a query knows the journal up to the record before `asked_seq`, and models that saw it up to `fitsThrough`
 *    at most; only labels know more. `verifyTimeTravel` checks that.
 * 2. Queries, negatives, labels and weights are drawn by the code that trains the ranker.
 * 3. Rows of one query stand together, queries in journal order. A query of which nothing wanted was found is left out.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { createRandom, splitSeed } from '../../algorithms/statistics/random.ts'
import type { Random } from '../../domain/ports.ts'
import { objectiveCount, objectives } from '../../domain/roles.ts'
import { featureCount, featureSchema } from '../../features/schema.ts'
import { featureSettings } from '../../features/settings.ts'
import type { ModelSetContents } from '../../funnel/model-set-files.ts'
import type { Column } from '../../storage/offline-store-columns.ts'
import { type History, readHistory } from '../history.ts'
import { NotEnoughData } from '../not-enough-data.ts'
import { drawQueries } from '../ranker-queries.ts'
import { type GroupLimits, RankerRowCollector } from '../ranker-rows.ts'
import { fitRetrievalAsOf } from '../retrieval-as-of.ts'
import { rankerSettings, trainingSettings } from '../settings.ts'
import { type AskedQuery, askQueries } from './asked-queries.ts'
import type { DataSetTask, RowSink } from './data-set.ts'
import { RowBuffer } from './row-buffer.ts'

export const rankerRowColumns: readonly Column[] = [
  { name: 'query', type: 'uint32' },
  { name: 'user', type: 'text' },
  { name: 'item', type: 'text' },
  { name: 'asked_seq', type: 'whole' },
  { name: 'time', type: 'whole' },
  // How many candidates the row stands for, where a sample of its kind was taken.
  { name: 'population', type: 'float32' },
  // 0 for rows that only calibration looks at.
  { name: 'training', type: 'uint8' },
  ...objectives.map(name => ({ name: `label_${name}`, type: 'float32' }) as const),
  ...objectives.map(name => ({ name: `weight_${name}`, type: 'float32' }) as const),
  ...featureSchema.map(({ name }) => ({ name, type: 'float32' }) as const),
]

/** What is said in the manifest besides. */
export interface RankerRowDetails {
  /** Last record that the retrieval models have seen. */
  readonly fitsThrough: number
  readonly queriesDrawn: number
  readonly queriesKept: number
}

/** @throws NotEnoughData */
export async function exportRankerRows(task: DataSetTask, sink: RowSink): Promise<RankerRowDetails> {
  const { journal, settings, toSeq, progress } = task
  progress.step('Reading the journal')
  const history = readHistory(journal, toSeq, settings.of(featureSettings))
  const { engagements } = history
  const { rankerShare, engagementsMin } = settings.of(trainingSettings)
  if (engagements.count < engagementsMin) throw new NotEnoughData(engagements.count, engagementsMin)
  const earlier = Math.max(1, Math.floor(engagements.count * (1 - rankerShare)))
  const fitsThrough = engagements.seqs[earlier - 1]
  const { contents: models } = await fitRetrievalAsOf(task, fitsThrough)
  return writeRankerRows(task, sink, { history, earlier, fitsThrough, models })
}

export interface RankerSlice {
  readonly history: History
  /** Queries come from the engagements behind so many. */
  readonly earlier: number
  /** Journal number of the last of them. */
  readonly fitsThrough: number
  readonly models: ModelSetContents
}

/** The rows of queries behind the cut, with candidates and features by these models. */
export async function writeRankerRows(task: DataSetTask, sink: RowSink, slice: RankerSlice): Promise<RankerRowDetails> {
  const { settings, seed, progress } = task
  const limits = { ...settings.of(trainingSettings), placesMax: settings.of(rankerSettings).placesMax }
  const { sessionGapMs } = settings.of(featureSettings)
  const { history, earlier, fitsThrough, models } = slice
  const queries = drawQueries(history, earlier, { ...limits, sessionGapMs }, splitSeed(seed, 'queries'))
  const random = createRandom(splitSeed(seed, 'negatives'))
  const buffer = new RowBuffer(rankerRowColumns)
  const groups = new GroupRows(limits, random)
  let kept = 0
  progress.step('Ranker rows', queries.length)
  for await (const asked of askQueries(task, queries, models, fitsThrough)) {
    progress.advance(1)
    task.throwIfCancelled()
    let rows = 0
    for (const { item, population, training, labelsAndWeights, features } of groups.of(asked)) {
      const { query, time, itemId } = asked
      const about = [kept, query.userId, itemId(item), query.seq, time, population, training, ...labelsAndWeights]
      buffer.add(about, features)
      rows++
      if (buffer.isFull) await sink.append(buffer.take())
    }
    if (rows > 0) kept++
    // Somebody may want to stop it.
    if (kept % 64 === 0) await nextTurn()
  }
  if (buffer.count > 0) await sink.append(buffer.take())
  progress.done()
  return { fitsThrough, queriesDrawn: queries.length, queriesKept: kept }
}

interface GroupRow {
  /** Ordinal. */
  readonly item: number
  readonly population: number
  readonly training: 0 | 1
  readonly labelsAndWeights: readonly number[]
  readonly features: Float32Array
}

/** The rows that training draws of one query. */
class GroupRows {
  private readonly limits: GroupLimits
  private readonly random: Random

  constructor(limits: GroupLimits, random: Random) {
    this.limits = limits
    this.random = random
  }

  *of({ candidates: prepared, outcome }: AskedQuery): Generator<GroupRow> {
    const { candidates } = prepared
    const collector = new RankerRowCollector(1, this.limits, this.random)
    // The collector keeps features, not candidates: what it asks the features of are the candidates that it took.
    let taken: readonly number[] = []
    const featuresOf = (places: readonly number[]) => {
      taken = places
      return prepared.featuresOf(places)
    }
    if (!collector.add({ candidates, featuresOf }, outcome)) return
    const { features, labels, weights } = collector.rows(0, 1)
    const trained = collector.trainingRows(0, 1).weights
    const population = collector.populationOf(0, 1)
    for (const [row, place] of taken.entries()) {
      const columns = [row * objectiveCount, (row + 1) * objectiveCount] as const
      yield {
        item: candidates.item[place],
        population: population[row],
        training: trained.subarray(...columns).some(weight => weight > 0) ? 1 : 0,
        labelsAndWeights: [...labels.subarray(...columns), ...weights.subarray(...columns)],
        features: features.subarray(row * featureCount, (row + 1) * featureCount),
      }
    }
  }
}
