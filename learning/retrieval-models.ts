import { buildCoVisitation } from '../algorithms/retrieval/co-visitation.ts'
import { CONTENT_ENCODER_DEFAULTS, ContentEncoder } from '../algorithms/text/content-encoder.ts'
import type { Settings } from '../config/settings.ts'
import type { Item } from '../domain/item.ts'
import type { User } from '../domain/user.ts'
import { contentDocument } from '../funnel/content-document.ts'
import type { ModelSetContents } from '../funnel/model-set-files.ts'
import type { Parameters } from '../models/engine/parameters.ts'
import { type Interactions, trainIals } from '../models/factorisation/ials.ts'
import type { Progress } from '../telemetry/progress.ts'
import type { Engagements } from './engagements.ts'
import { historiesOf } from './interaction-histories.ts'
import { fitSequence } from './sequence-fit.ts'
import { contentSettings, coVisitationSettings, ialsSettings } from './settings.ts'
import { fitTwoTower } from './two-tower-fit.ts'

/**
 * What retrieval is fitted on: the first `count` engagements, and all items as they are at the end of the journal that
 * is looked at. Facts about items are no outcomes, so that the ranker's rows may know them; serving knows them too.
 */
export interface RetrievalTask {
  readonly engagements: Engagements
  readonly count: number
  readonly items: readonly Item[]
  /** Profiles by id; nobody has one if not given. */
  readonly users?: ReadonlyMap<string, User>
  readonly settings: Settings
  readonly seed: number
  readonly progress: Progress
  /** What a fit on fewer of these engagements ended with: models that are trained step by step go on from there. */
  readonly earlier?: RetrievalWeights
}

/** Where a later fit can go on. */
export interface RetrievalWeights {
  /** The items of the rows. */
  readonly vocabulary: readonly string[]
  readonly twoTower: Parameters | null
  readonly sequence: Parameters | null
}

export interface FittedRetrieval {
  readonly contents: ModelSetContents
  readonly weights: RetrievalWeights
}

/** Fits every model that retrieval needs; the ranker comes later. */
export async function fitRetrievalModels(task: RetrievalTask): Promise<FittedRetrieval> {
  const { engagements, count, items, settings, seed, progress } = task
  const ials = settings.of(ialsSettings)
  const { dimension, buckets } = settings.of(contentSettings)
  const content = ContentEncoder.fit(
    items.map(contentDocument),
    { ...CONTENT_ENCODER_DEFAULTS, dimension, buckets },
    seed,
  )
  const coVisitation = fitCoVisitation(engagements, count, settings)
  progress.step('Collaborative vectors', ials.epochs)
  const factors = await trainIals(interactionsOf(engagements, count), { ...ials, seed, threads: 2 }, () => {
    progress.advance(1)
    return true
  })
  progress.done()
  const { histories, weights: engagementWeights } = historiesOf(engagements, count)
  const { itemIds, userIds } = engagements
  const initial = goingOn(task.earlier, itemIds)
  const users = task.users ?? new Map<string, User>()
  const twoTower = await fitTwoTower({
    histories,
    weights: engagementWeights,
    itemIds,
    userIds,
    items,
    users,
    content,
    settings,
    seed,
    progress,
    initial: initial?.twoTower ?? undefined,
  })
  const sequence = await fitSequence({ histories, settings, seed, progress, initial: initial?.sequence ?? undefined })
  const { regularisation, frequencyExponent, unobservedWeight } = ials
  const contents = {
    vocabulary: itemIds,
    collaborative: {
      dimension: ials.dimension,
      vectors: factors.itemFactors,
      foldIn: { regularisation, frequencyExponent, unobservedWeight },
    },
    content,
    coVisitation,
    twoTower: twoTower?.contents ?? null,
    sequence: sequence?.contents ?? null,
    ranker: null,
  }
  const weights = { vocabulary: itemIds, twoTower: twoTower?.weights ?? null, sequence: sequence?.weights ?? null }
  return { contents, weights }
}

/** Items are numbered as the journal brings them, so that of an earlier point has the first of these; else nothing fits. */
function goingOn(earlier: RetrievalWeights | undefined, itemIds: readonly string[]): RetrievalWeights | null {
  const isEarlier = earlier?.vocabulary.every((id, place) => id === itemIds[place]) ?? false
  return isEarlier ? earlier! : null
}

function fitCoVisitation({ users, items, times, weights, itemIds }: Engagements, count: number, settings: Settings) {
  const { neighbours, ...options } = settings.of(coVisitationSettings)
  const inOrder = orderWithinUsers(users, times, count)
  return buildCoVisitation(
    {
      users: users.slice(0, count),
      items: Uint32Array.from(inOrder, row => items[row]),
      timesMs: Float64Array.from(inOrder, row => times[row]),
      weights: Float32Array.from(inOrder, row => Math.max(0, weights[row])),
    },
    { ...options, itemCount: itemIds.length, neighboursPerItem: neighbours },
  )
}

/**
 * Rows rearranged so that each person's are in time order, each person's rows staying in the places they had; late
 * events stand elsewhere in the journal.
 */
function orderWithinUsers(users: Uint32Array, times: Float64Array, count: number): Uint32Array {
  const byUser = new Map<number, number[]>()
  for (let row = 0; row < count; row++) {
    const rows = byUser.get(users[row])
    if (rows === undefined) byUser.set(users[row], [row])
    else rows.push(row)
  }
  const order = new Uint32Array(count)
  for (const rows of byUser.values()) {
    const sorted = rows.toSorted((a, b) => times[a] - times[b] || a - b)
    for (let i = 0; i < rows.length; i++) order[rows[i]] = sorted[i]
  }
  return order
}

/** Positive engagements by person, one entry per item with the largest of its weights. */
function interactionsOf({ users, items, weights, userIds, itemIds }: Engagements, count: number): Interactions {
  const confidence: Map<number, number>[] = userIds.map(() => new Map())
  for (let row = 0; row < count; row++) {
    if (!(weights[row] > 0)) continue
    const known = confidence[users[row]].get(items[row]) ?? 0
    confidence[users[row]].set(items[row], Math.max(known, weights[row]))
  }
  const offsets = new Uint32Array(userIds.length + 1)
  for (let user = 0; user < userIds.length; user++) offsets[user + 1] = offsets[user] + confidence[user].size
  const indices = new Uint32Array(offsets[userIds.length])
  const values = new Float32Array(indices.length)
  confidence.forEach((entries, user) => {
    let at = offsets[user]
    for (const [item, value] of [...entries].sort((a, b) => a[0] - b[0])) {
      indices[at] = item
      values[at++] = value
    }
  })
  return { users: userIds.length, items: itemIds.length, offsets, indices, values }
}
