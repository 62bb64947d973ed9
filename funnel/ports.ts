import type { Metric } from '../algorithms/retrieval/vector-index.ts'
import type { ItemTableHandles } from '../domain/item-table/layout.ts'
import type { PopularLists } from '../domain/popular-lists.ts'
import type { Objective } from '../domain/roles.ts'
import type { CounterEpochHandles } from '../domain/shared/counter-epochs.ts'
import type { VectorSpaceHandles } from '../domain/shared/vector-space.ts'
import type { PerSpace } from '../features/vector-spaces.ts'
import type { CalibrationTable } from '../models/calibration/calibration.ts'
import type { FoldInSettings } from '../models/factorisation/fold-in.ts'
import type { TwoTowerArchitecture } from '../models/two-tower/towers.ts'

/** Factors and embeddings keep their norms, which carry popularity; text and tower vectors are normalised. */
export const spaceMetric: PerSpace<Metric> = {
  collaborative: 'inner-product',
  content: 'cosine',
  twoTower: 'cosine',
  sequence: 'inner-product',
}

/**
 * The tables every thread reads. Items grow inside their memory; a new version is published with each epoch of the
 * counters. A request names the version it needs at least, so a thread that has not heard of it yet waits for it.
 */
export interface ThreadTables {
  readonly version: number
  readonly items: ItemTableHandles
  readonly counters: CounterEpochHandles
  readonly popular: PopularLists
}

/** A model set as it crosses to a thread: shared memory and a few bytes. */
export interface ModelSetHandles {
  /** Numbers the sets this process has loaded; a request pins one for all shards and threads. */
  readonly generation: number
  readonly id: string
  /** A space that the set was not trained for has no dimensions. */
  readonly spaces: PerSpace<VectorSpaceHandles>
  /** The norm that 95 % of the vectors of a space stay below: an index for inner products keeps longer ones apart. */
  readonly ordinaryNorm: PerSpace<number>
  readonly coVisitation: CoVisitationLists
  readonly foldIn: FoldInParameters
  readonly twoTower: TwoTowerParameters | null
  readonly sequence: SequenceParameters | null
  /** Absent while only retrieval has been trained. */
  readonly ranker: RankerHandles | null
  /** Items with a vector in this set that this shard owns; only filled in what an index shard receives. */
  readonly owned: Uint32Array
}

/** Item-to-item lists by item ordinal, in shared memory. Items past the end of `offsets` have none. */
export interface CoVisitationLists {
  readonly offsets: Uint32Array
  readonly neighbours: Uint32Array
  readonly scores: Float32Array
}

/** What it takes to compute a person's collaborative vector from their history. */
export interface FoldInParameters {
  readonly dimension: number
  /** [vocabulary × dimension], in shared memory. */
  readonly vectors: Float32Array
  /** VᵀV of the vectors, [dimension × dimension], in shared memory. */
  readonly gram: Float64Array
  /** Place of an item in the vocabulary by ordinal, −1 for items without interactions in training. Shared memory. */
  readonly placeOf: Int32Array
  readonly settings: FoldInSettings
}

/** What it takes to compute a person's vector in the space of the towers. */
export interface TwoTowerParameters {
  readonly onnx: Uint8Array
  readonly architecture: TwoTowerArchitecture
}

/** What it takes to compute a person's sequence vector from the vectors of their history. */
export interface SequenceParameters {
  readonly onnx: Uint8Array
  readonly dimension: number
  /** Items of the history that are looked at, the newest ones. */
  readonly maxLength: number
}

export interface RankerHandles {
  readonly onnx: Uint8Array
  readonly schemaHash: string
  readonly calibration: readonly CalibrationTable[]
  /** Objectives without labels in training weigh nothing. */
  readonly trained: Readonly<Record<Objective, boolean>>
}
