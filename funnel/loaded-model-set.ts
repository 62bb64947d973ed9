import type { Settings } from '../config/settings.ts'
import { QueryEncoder } from './hydrators/query-vectors.ts'
import { ModelSpaces } from './model-spaces.ts'
import type { ModelSetHandles } from './ports.ts'
import { NeuralRanker } from './scorers/neural-ranker.ts'

/** A model set ready to encode queries and to rank, in one thread. */
export interface LoadedModelSet {
  readonly generation: number
  readonly spaces: ModelSpaces
  readonly encoder: QueryEncoder
  readonly ranker: NeuralRanker | null
}

/** @throws SchemaMismatch when the ranker was trained on other features than this process computes. */
export async function loadModelSet(handles: ModelSetHandles, settings: Settings): Promise<LoadedModelSet> {
  const spaces = new ModelSpaces(handles)
  return {
    generation: handles.generation,
    spaces,
    encoder: await QueryEncoder.open(spaces, handles),
    ranker: handles.ranker === null ? null : await NeuralRanker.open(handles.ranker, settings),
  }
}
