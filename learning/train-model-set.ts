import { setImmediate as nextTurn } from 'node:timers/promises'
import { createRandom, splitSeed } from '../algorithms/statistics/random.ts'
import type { Settings } from '../config/settings.ts'
import type { JournalEvent } from '../domain/event.ts'
import type { Item } from '../domain/item.ts'
import type { ItemTableLimits } from '../domain/item-table/item-table-writer.ts'
import { type Objective, objectives } from '../domain/roles.ts'
import { featureCount } from '../features/schema.ts'
import { featureSettings } from '../features/settings.ts'
import { spaceNames } from '../features/vector-spaces.ts'
import { type ModelSetContents, type RankerContents, writeModelSet } from '../funnel/model-set-files.ts'
import { spaceMetric } from '../funnel/ports.ts'
import { schemaHashOf } from '../funnel/schema-hash.ts'
import { readPromoted } from '../models/artefact/artefact.ts'
import type { Manifest, SpaceDescription } from '../models/artefact/artefact-manifest.ts'
import { exportRanker } from '../models/ranker/ranker.ts'
import { type TrainedRanker, trainRanker } from '../models/ranker/ranker-trainer.ts'
import type { JournalReader } from '../storage/event-log.ts'
import type { Progress } from '../telemetry/progress.ts'
import type { Engagements } from './engagements.ts'
import { type History, readHistory } from './history.ts'
import { NotEnoughData } from './not-enough-data.ts'
import { OfflineFunnel } from './offline-funnel.ts'
import { drawQueries, type RankerQuery } from './ranker-queries.ts'
import { calibrate, type HeldOut, heldOutReport, rankerLogits } from './ranker-report.ts'
import { RankerRowCollector } from './ranker-rows.ts'
import { fitRetrievalModels } from './retrieval-models.ts'
import { learningFragments, rankerSettings, trainingSettings } from './settings.ts'

export interface TrainingTask {
  readonly journal: JournalReader
  readonly settings: Settings
  readonly limits: ItemTableLimits
  readonly seed: number
  readonly modelsRoot: string
  /** Epoch ms; names the set. */
  readonly createdAt: number
  /** Records after this number are not looked at. */
  readonly toSeq?: number
  readonly progress: Progress
  readonly isCancelled?: () => boolean
}

/**
 * Trains a whole model set and writes its artefact; promoting it is up to the caller. Retrieval is fitted twice: on the
 * older engagements, so that the ranker's rows hold scores that have not seen their own outcome, and then on all.
 *
 * @throws NotEnoughData
 */
export async function trainModelSet(task: TrainingTask): Promise<Manifest> {
  const { journal, settings, seed, progress } = task
  const { rankerShare, engagementsMin } = settings.of(trainingSettings)
  const toSeq = Math.min(task.toSeq ?? journal.lastSeq, journal.lastSeq)
  progress.step('Reading the journal')
  const history = readHistory(journal, toSeq, settings.of(featureSettings))
  const { engagements } = history
  const items = readItems(journal, toSeq)
  progress.done()
  const usable = engagementsWith(items, engagements)
  if (items.length === 0 || usable < engagementsMin) throw new NotEnoughData(usable, engagementsMin)
  const earlier = Math.floor(engagements.count * (1 - rankerShare))
  const fitOn = (count: number) =>
    fitRetrievalModels({ engagements, count, items, settings, seed: splitSeed(seed, 'retrieval'), progress })

  const ranker = await trainRankerOn(task, history, earlier, await fitOn(earlier), toSeq)
  const contents: ModelSetContents = { ...(await fitOn(engagements.count)), ranker: ranker.contents }
  return writeModelSet(task.modelsRoot, await describe(task, engagements, toSeq, contents, ranker), contents)
}

interface RankerOutcome {
  readonly contents: RankerContents | null
  readonly metrics: Readonly<Record<string, number>>
  readonly status: TrainedRanker['objectives']
}

async function trainRankerOn(
  task: TrainingTask,
  history: History,
  earlier: number,
  retrieval: ModelSetContents,
  toSeq: number,
): Promise<RankerOutcome> {
  const { settings, seed, progress } = task
  const { calibrationShare, groupSize } = settings.of(trainingSettings)
  const { epochs, ...ranker } = settings.of(rankerSettings)
  const collector = await collectRows(task, history, earlier, retrieval, toSeq)
  const heldOut = Math.floor(collector.count * (1 - calibrationShare))
  if (heldOut === 0 || heldOut === collector.count) return { contents: null, metrics: {}, status: {} }

  progress.step('Ranker', epochs)
  const trained = await trainRanker({
    training: collector.trainingRows(0, heldOut),
    validation: collector.trainingRows(heldOut, collector.count),
    features: featureCount,
    objectives,
    groupSize,
    seed: splitSeed(seed, 'ranker'),
    settings: { ...ranker, epochs, ...paceFor(heldOut * groupSize, ranker.batchRows, epochs), threads: 2 },
    onProgress: () => progress.advance(1),
    isCancelled: task.isCancelled,
  })
  progress.done()
  const flags = trainedFlags(trained)
  if (!Object.values(flags).includes(true)) return { contents: null, metrics: {}, status: trained.objectives }
  const validation = collector.rows(heldOut, collector.count)
  const held: HeldOut = {
    logits: await rankerLogits(trained, validation),
    rows: validation,
    population: collector.populationOf(heldOut, collector.count),
    groupSize,
  }
  const contents = {
    onnx: exportRanker(trained.architecture, trained.standardisation, trained.parameters),
    calibration: calibrate(held),
    trained: flags,
  }
  return { contents, metrics: heldOutReport(held), status: trained.objectives }
}

/** Little data needs smaller batches to take enough steps, and fewer of them to warm up. */
function paceFor(rows: number, batchRowsMax: number, epochs: number) {
  const batchRows = Math.min(batchRowsMax, Math.max(64, Math.floor(rows / 40)))
  return { batchRows, warmupSteps: Math.min(100, Math.floor((epochs * rows) / batchRows / 10)) }
}

/** Replays the journal and asks the funnel at every drawn query. */
async function collectRows(
  task: TrainingTask,
  history: History,
  earlier: number,
  retrieval: ModelSetContents,
  toSeq: number,
): Promise<RankerRowCollector> {
  const { journal, settings, limits, seed, progress } = task
  const training = settings.of(trainingSettings)
  const { sessionGapMs } = settings.of(featureSettings)
  const queries = drawQueries(history, earlier, { ...training, sessionGapMs }, splitSeed(seed, 'queries'))
  const random = createRandom(splitSeed(seed, 'negatives'))
  const collector = new RankerRowCollector(queries.length, training, random)
  const funnel = new OfflineFunnel(settings, limits)
  const fitsThrough = history.engagements.seqs[earlier - 1]
  let next = 0
  progress.step('Replaying the journal', fitsThrough - journal.firstSeq)
  for (const numbered of journal.read(journal.firstSeq, { toSeq })) {
    if (next < queries.length && queries[next].seq === numbered.seq && numbered.record.kind === 'event') {
      await ask(funnel, queries[next++], numbered.record.event, collector)
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
  return collector
}

/** Asks as the request would have been made that the first event of its feed tells of. */
async function ask(
  funnel: OfflineFunnel,
  { userId, wanted, undecided, shown }: RankerQuery,
  { time, context }: JournalEvent,
  collector: RankerRowCollector,
): Promise<void> {
  const ordinal = (id: string) => funnel.replay.catalog.findItem(id)
  collector.add(await funnel.candidates(userId, time, context), {
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

function engagementsWith(items: readonly Item[], { items: engaged, itemIds, count }: Engagements): number {
  const present = new Set(items.map(({ id }) => id))
  const isPresent = itemIds.map(id => present.has(id))
  return engaged.subarray(0, count).reduce((sum, item) => sum + (isPresent[item] ? 1 : 0), 0)
}

/** The newest version of each item up to `toSeq`. */
function readItems(journal: JournalReader, toSeq: number): Item[] {
  const items = new Map<string, Item>()
  for (const { record } of journal.read(journal.firstSeq, { toSeq, kinds: ['item', 'item-delete'] })) {
    if (record.kind === 'item') items.set(record.item.id, record.item)
    else items.delete(record.id)
  }
  return [...items.values()]
}

async function describe(
  task: TrainingTask,
  { times, count }: Engagements,
  toSeq: number,
  contents: ModelSetContents,
  ranker: RankerOutcome,
) {
  const { settings, seed, createdAt, modelsRoot, journal } = task
  const stamp = new Date(createdAt).toISOString().replace(/[-:]|\.\d+/g, '')
  return {
    id: `ms-${stamp}-${(splitSeed(seed, createdAt) % 0x10000).toString(16).padStart(4, '0')}`,
    createdAt,
    schemaHash: schemaHashOf(settings),
    dataRange: { fromSeq: journal.firstSeq, toSeq, ...timeRange(times.subarray(0, count)) },
    parent: await readPromoted(modelsRoot),
    seed,
    metrics: ranker.metrics,
    settings: Object.fromEntries(learningFragments.map(fragment => [fragment.path, settings.of(fragment)])),
    spaces: spacesOf(contents),
    objectives: ranker.status,
  }
}

/** The spaces that were trained. */
function spacesOf(contents: ModelSetContents): Record<string, SpaceDescription> {
  const trained = spaceNames.filter(space => contents[space] !== null)
  const count = contents.vocabulary.length
  return Object.fromEntries(
    trained.map(space => {
      const { dimension } = contents[space]!
      return [space, { dimension, count, normalised: spaceMetric[space] === 'cosine' }]
    }),
  )
}

/** Late events stand behind newer ones in the journal. */
function timeRange(times: Float64Array): { readonly fromTime: number; readonly toTime: number } {
  let [fromTime, toTime] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const time of times) {
    fromTime = Math.min(fromTime, time)
    toTime = Math.max(toTime, time)
  }
  return { fromTime, toTime }
}
