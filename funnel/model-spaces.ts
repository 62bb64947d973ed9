import { VectorSpaceReader } from '../domain/shared/vector-space.ts'
import { type PerSpace, perSpace, type SpaceName } from '../features/vector-spaces.ts'
import type { CoVisitationLists, ModelSetHandles } from './ports.ts'

/** The vectors and lists of one model set, as a thread reads them. */
export class ModelSpaces {
  readonly generation: number
  readonly coVisitation: CoVisitationLists
  readonly readers: PerSpace<VectorSpaceReader>
  /** One vector per space that `vectorInto` writes to. */
  readonly vector: PerSpace<Float32Array>

  constructor(handles: ModelSetHandles) {
    this.generation = handles.generation
    this.coVisitation = handles.coVisitation
    this.readers = perSpace(space => new VectorSpaceReader(handles.spaces[space]))
    this.vector = perSpace(space => new Float32Array(handles.spaces[space].dimension))
  }

  get collaborative(): VectorSpaceReader {
    return this.readers.collaborative
  }

  get content(): VectorSpaceReader {
    return this.readers.content
  }

  /** Copies the row's vector of one space to `vector[space]`; false when the row has none or it is zero. */
  vectorInto(space: SpaceName, row: number): boolean {
    const vector = this.vector[space]
    if (!this.readers[space].copyInto(row, vector, 0)) return false
    for (let i = 0; i < vector.length; i++) if (vector[i] !== 0) return true
    return false
  }
}
