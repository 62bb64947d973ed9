import { setImmediate as nextTurn } from 'node:timers/promises'
import { createRandom, splitSeed } from '../algorithms/statistics/random.ts'
import type { JournalEvent } from '../domain/event.ts'
import { type Objective, objectives } from '../domain/roles.ts'
import { featureCount } from '../features/schema.ts'
import { featureSettings } from '../features/settings.ts'
import type { ModelSetContents, RankerContents } from '../funnel/model-set-files.ts'
import { calibrationFeeds } from '../models/quantisation/calibration-rows.ts'
import { quantiseModel } from '../models/quantisation/quantise.ts'
import { exportRanker } from '../models/ranker/ranker.ts'
import type { RankerRows } from '../models/ranker/ranker-data.ts'
import { type TrainedRanker, trainRanker } from '../models/ranker/ranker-trainer.ts'
import type { History } from './history.ts'
import { OfflineFunnel } from './offline-funnel.ts'
import { drawQueries, type RankerQuery } from './ranker-queries.ts'
import { calibrate, type HeldOut, heldOutReport, rankerLogits } from './ranker-report.ts'
import { RankerRowCollector } from './ranker-rows.ts'
import { rankerSettings, trainingSettings } from './settings.ts'
import type { TrainingTask } from './training-task.ts'

export interface RankerOutcome {
  readonly contents: RankerContents | null
  readonly metrics: Readonly<Record<string, number>>
  readonly status: TrainedRanker['objectives']
  /** Queries behind all that the ranker has learned from, oldest first. */
  readonly heldOut: readonly RankerQuery[]
}

/** Trains the ranker on the engagements from `earlier` on, asked of this retrieval, which has seen only those before. */
export async function trainRankerOn(
  task: TrainingTask,
  history: History,
  earlier: number,
  retrieval: ModelSetContents,
  toSeq: number,
): Promise<RankerOutcome> {
  const { settings, seed, progress } = task
  const { calibrationShare, groupSize } = settings.of(trainingSettings)
  const { epochs, int8, placesMax, ...ranker } = settings.of(rankerSettings)
  const { collector, queries, kept } = await collectRows(task, history, earlier, retrieval, toSeq)
  const heldOut = Math.floor(collector.count * (1 - calibrationShare))
  if (heldOut === 0 || heldOut === collector.count) return { contents: null, metrics: {}, status: {}, heldOut: [] }
  const behind = queries.filter(({ seq }) => seq >= kept[heldOut].seq)

  progress.step('Ranker', epochs)
  const trained = await trainRanker({
    training: collector.trainingRows(0, heldOut),
    validation: collector.trainingRows(heldOut, collector.count),
    features: featureCount,
    objectives,
    groupSize,
    seed: splitSeed(seed, 'ranker'),
    places: placesMax > 1 && collector.knowsPlaces ? placesMax : undefined,
    settings: { ...ranker, epochs, ...paceFor(heldOut * groupSize, ranker.batchRows, epochs), threads: 2 },
    onProgress: () => progress.advance(1),
    isCancelled: task.isCancelled,
  })
  progress.done()
  const flags = trainedFlags(trained)
  if (!Object.values(flags).includes(true))
    return { contents: null, metrics: {}, status: trained.objectives, heldOut: behind }
  const validation = collector.rows(heldOut, collector.count)
  const onnx = await servingForm(trained, int8 ? collector.rows(0, heldOut) : null)
  const held: HeldOut = {
    logits: await rankerLogits(onnx, validation),
    rows: validation,
    population: collector.populationOf(heldOut, collector.count),
    groupSize,
  }
  const contents = { onnx, calibration: calibrate(held), trained: flags }
  return { contents, metrics: heldOutReport(held), status: trained.objectives, heldOut: behind }
}

/** The bytes that serve, in INT8 where rows to calibrate its scales on are given: calibration and report are of these. */
async function servingForm(trained: TrainedRanker, calibrationRows: RankerRows | null): Promise<Uint8Array> {
  const float = exportRanker(trained.architecture, trained.standardisation, trained.parameters)
  if (calibrationRows === null) return float
  return (await quantiseModel(float, calibrationFeeds(calibrationRows.features, featureCount))).onnx
}

/** Little data needs smaller batches to take enough steps, and fewer of them to warm up. */
function paceFor(rows: number, batchRowsMax: number, epochs: number) {
  const batchRows = Math.min(batchRowsMax, Math.max(64, Math.floor(rows / 40)))
  return { batchRows, warmupSteps: Math.min(100, Math.floor((epochs * rows) / batchRows / 10)) }
}

interface CollectedRows {
  readonly collector: RankerRowCollector
  readonly queries: readonly RankerQuery[]
  /** The query of each group that was collected. */
  readonly kept: readonly RankerQuery[]
}

/** Replays the journal and asks the funnel at every drawn query. */
async function collectRows(
  task: TrainingTask,
  history: History,
  earlier: number,
  retrieval: ModelSetContents,
  toSeq: number,
): Promise<CollectedRows> {
  const { journal, settings, limits, seed, progress } = task
  const training = settings.of(trainingSettings)
  const { sessionGapMs } = settings.of(featureSettings)
  const queries = drawQueries(history, earlier, { ...training, sessionGapMs }, splitSeed(seed, 'queries'))
  const random = createRandom(splitSeed(seed, 'negatives'))
  const { placesMax } = settings.of(rankerSettings)
  const collector = new RankerRowCollector(queries.length, { ...training, placesMax }, random)
  const funnel = new OfflineFunnel(settings, limits)
  const fitsThrough = history.engagements.seqs[earlier - 1]
  const kept: RankerQuery[] = []
  let next = 0
  progress.step('Replaying the journal', fitsThrough - journal.firstSeq)
  for (const numbered of journal.read(journal.firstSeq, { toSeq })) {
    if (next < queries.length && queries[next].seq === numbered.seq && numbered.record.kind === 'event') {
      const query = queries[next++]
      if (await ask(funnel, query, numbered.record.event, collector)) kept.push(query)
      progress.advance(1)
      // The process hears that it is no longer wanted between two queries.
      if (next % 64 === 0) await nextTurn()
    }
    funnel.apply(numbered)
    if (numbered.seq < fitsThrough) progress.advance(1)
    if (numbered.seq !== fitsThrough) continue
    await funnel.use(retrieval)
    progress.step('Ranker rows', queries.length)
  }
  progress.done()
  return { collector, queries, kept }
}

/** Asks as the request would have been made that the first event of its feed tells of. */
async function ask(
  funnel: OfflineFunnel,
  { userId, wanted, undecided, shown }: RankerQuery,
  { time, context }: JournalEvent,
  collector: RankerRowCollector,
): Promise<boolean> {
  const ordinal = (id: string) => funnel.replay.catalog.findItem(id)
  return collector.add(await funnel.candidates(userId, time, context), {
    wanted: new Map(Array.from(wanted, ([id, roles]) => [ordinal(id), roles])),
    undecided: new Set(Array.from(undecided, ordinal)),
    shown: new Set(Array.from(shown, ordinal)),
  })
}

function trainedFlags({ objectives: status }: TrainedRanker): Readonly<Record<Objective, boolean>> {
  const flags = {} as Record<Objective, boolean>
  for (const name of objectives) flags[name] = status[name].trained
  return flags
}
