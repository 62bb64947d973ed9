import type { ContentEncoder } from '../algorithms/text/content-encoder.ts'
import type { Settings } from '../config/settings.ts'
import type { Item } from '../domain/item.ts'
import type { User } from '../domain/user.ts'
import { contentDocument } from '../funnel/content-document.ts'
import type { TwoTowerContents } from '../funnel/model-set-files.ts'
import type { Parameters } from '../models/engine/parameters.ts'
import type { Histories } from '../models/histories.ts'
import { describeItem } from '../models/two-tower/descriptions.ts'
import { itemFeatureDefaults, itemFeatureWidth, writeItemFeatures } from '../models/two-tower/item-features.ts'
import { packItemTower } from '../models/two-tower/item-tower-kernel.ts'
import { exportUserTower, idTable } from '../models/two-tower/towers.ts'
import { type TrainedTwoTower, trainTwoTower } from '../models/two-tower/two-tower-trainer.ts'
import { userFeatureWidth, writeUserFeatures } from '../models/two-tower/user-features.ts'
import type { Progress } from '../telemetry/progress.ts'
import { twoTowerSettings } from './settings.ts'

export interface TwoTowerFit {
  readonly histories: Required<Histories>
  /** Engagement weight of each interaction. */
  readonly weights: Float32Array
  /** By place in the histories. */
  readonly itemIds: readonly string[]
  readonly userIds: readonly string[]
  readonly items: readonly Item[]
  readonly users: ReadonlyMap<string, User>
  readonly content: ContentEncoder
  readonly settings: Settings
  readonly seed: number
  readonly progress: Progress
  /** What a fit on older histories ended with, whose items are the first of these; drawn if not given. */
  readonly initial?: Parameters
}

export interface FittedTwoTower {
  readonly contents: TwoTowerContents
  readonly weights: Parameters
}

/** With fewer interactions the towers learn nothing that the mean of the text vectors does not know. */
const interactionsMin = 1000

/**
 * Both towers on these histories; going on from an earlier fit, with `training.twoTower.refitShare` of the epochs.
 *
 * @returns null where it is switched off or there is too little to learn from
 */
export async function fitTwoTower(fit: TwoTowerFit): Promise<FittedTwoTower | null> {
  const { histories, weights, settings, seed, progress, initial } = fit
  const { enabled, epochs: whole, refitShare, ...model } = settings.of(twoTowerSettings)
  const epochs = initial === undefined ? whole : Math.ceil(whole * refitShare)
  if (!enabled || histories.itemOf.length < interactionsMin) return null
  const layout = { ...itemFeatureDefaults, content: fit.content.dimension }
  progress.step('Two towers', epochs)
  const trained = await trainTwoTower({
    histories,
    weights,
    itemFeatures: { width: itemFeatureWidth(layout), rows: itemRows(fit, layout) },
    userFeatures: userRows(fit),
    settings: { ...model, epochs },
    seed,
    threads: 2,
    initial,
    onProgress: () => progress.advance(1),
  })
  progress.done()
  const { architecture, parameters } = trained
  return {
    contents: {
      dimension: architecture.dimension,
      architecture,
      layout,
      ids: idsOf(trained),
      itemTower: packItemTower(parameters),
      userTower: exportUserTower(architecture, parameters),
    },
    weights: parameters,
  }
}

/** Items that are gone have no features left: they still make up histories. */
function itemRows({ items, itemIds, content }: TwoTowerFit, layout: typeof itemFeatureDefaults): Float32Array {
  const byId = new Map(items.map(item => [item.id, item]))
  const width = itemFeatureWidth(layout)
  const rows = new Float32Array(itemIds.length * width)
  const vector = new Float32Array(content.dimension)
  itemIds.forEach((id, place) => {
    const item = byId.get(id)
    if (item === undefined) return
    const hasContent = content.encode(contentDocument(item), vector)
    writeItemFeatures(layout, describeItem(item, hasContent ? vector : undefined), rows, place * width)
  })
  return rows
}

/** What a request knows of a profile: labels do not reach it. */
function userRows({ userIds, users }: TwoTowerFit): Float32Array {
  const rows = new Float32Array(userIds.length * userFeatureWidth)
  userIds.forEach((id, place) => {
    const { ageBand, region, language } = users.get(id) ?? {}
    writeUserFeatures({ ageBand, region, language }, {}, rows, place * userFeatureWidth)
  })
  return rows
}

function idsOf({ parameters, itemVectors }: TrainedTwoTower): Float32Array {
  const hasIds = parameters.specs.some(({ name }) => name === idTable)
  return hasIds ? parameters.view(idTable).slice() : new Float32Array(itemVectors.length)
}
