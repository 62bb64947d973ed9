import { splitSeed } from '../algorithms/statistics/random.ts'
import type { Item } from '../domain/item.ts'
import { featureSettings } from '../features/settings.ts'
import { spaceNames } from '../features/vector-spaces.ts'
import { type ModelSetContents, writeModelSet } from '../funnel/model-set-files.ts'
import { spaceMetric } from '../funnel/ports.ts'
import { schemaHashOf } from '../funnel/schema-hash.ts'
import { readPromoted } from '../models/artefact/artefact.ts'
import type { Manifest, SpaceDescription } from '../models/artefact/artefact-manifest.ts'
import type { Engagements } from './engagements.ts'
import { factsAsOf } from './facts-as-of.ts'
import { judgeModelSet } from './gate-evaluation.ts'
import { readHistory } from './history.ts'
import { NotEnoughData } from './not-enough-data.ts'
import { type RankerOutcome, trainRankerOn } from './ranker-training.ts'
import { fitRetrievalAsOf } from './retrieval-as-of.ts'
import { learningFragments, trainingSettings } from './settings.ts'
import type { TrainingTask } from './training-task.ts'

/**
 * Trains a whole model set and writes its artefact; promoting it is up to the caller. Retrieval is fitted twice: on the
 * older engagements, so that the ranker's rows hold scores that have not seen their own outcome, and then on all, going on
 * from the first fit where a model is trained step by step. The manifest says whether the set may be promoted, see `gates/`.
 *
 * @throws NotEnoughData
 */
export async function trainModelSet(task: TrainingTask): Promise<Manifest> {
  const { journal, settings, progress } = task
  const { rankerShare, engagementsMin } = settings.of(trainingSettings)
  const toSeq = Math.min(task.toSeq ?? journal.lastSeq, journal.lastSeq)
  progress.step('Reading the journal')
  const history = readHistory(journal, toSeq, settings.of(featureSettings))
  const { engagements } = history
  const { items } = factsAsOf(journal, toSeq)
  progress.done()
  const usable = engagementsWith(items, engagements)
  if (items.length === 0 || usable < engagementsMin) throw new NotEnoughData(usable, engagementsMin)
  const earlier = Math.floor(engagements.count * (1 - rankerShare))

  const older = await fitRetrievalAsOf(task, engagements.seqs[earlier - 1])
  const fitAsOf = async (seq: number) => (await fitRetrievalAsOf(task, seq, older.weights)).contents
  const ranker = await trainRankerOn(task, history, earlier, older.contents, toSeq)
  const gate = await judgeModelSet(task, ranker, fitAsOf, toSeq)
  const contents: ModelSetContents = { ...(await fitAsOf(toSeq)), ranker: ranker.contents }
  const description = { ...(await describe(task, engagements, toSeq, contents, ranker)), gate }
  return writeModelSet(task.modelsRoot, description, contents)
}

function engagementsWith(items: readonly Item[], { items: engaged, itemIds, count }: Engagements): number {
  const present = new Set(items.map(({ id }) => id))
  const isPresent = itemIds.map(id => present.has(id))
  return engaged.subarray(0, count).reduce((sum, item) => sum + (isPresent[item] ? 1 : 0), 0)
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
