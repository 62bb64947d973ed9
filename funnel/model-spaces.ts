import { VectorSpaceReader } from '../domain/shared/vector-space.ts'
import type { CoVisitationLists, ModelSetHandles, SpaceName } from './ports.ts'

/** The vectors and lists of one model set, as a thread reads them. */
export class ModelSpaces {
  readonly generation: number
  readonly coVisitation: CoVisitationLists
  readonly collaborative: VectorSpaceReader
  readonly content: VectorSpaceReader
  /** One vector per space that `vectorInto` writes to. */
  readonly vector: Readonly<Record<SpaceName, Float32Array>>

  constructor(handles: ModelSetHandles) {
    this.generation = handles.generation
    this.coVisitation = handles.coVisitation
    this.collaborative = new VectorSpaceReader(handles.spaces.collaborative)
    this.content = new VectorSpaceReader(handles.spaces.content)
    this.vector = {
      collaborative: new Float32Array(this.collaborative.dimension),
      content: new Float32Array(this.content.dimension),
    }
  }

  /** Copies the row's vector of one space to `vector[space]`; false when the row has none or it is zero. */
  vectorInto(space: SpaceName, row: number): boolean {
    const vector = this.vector[space]
    if (!this[space].copyInto(row, vector, 0)) return false
    for (let i = 0; i < vector.length; i++) if (vector[i] !== 0) return true
    return false
  }
}
