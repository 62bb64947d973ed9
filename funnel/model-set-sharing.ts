/**
 * Puts what every thread reads of a model set into shared memory, in steps short enough to take between two messages.
 */
import type { VectorSpaceWriter } from '../domain/shared/vector-space.ts'
import { type PerSpace, perSpace } from '../features/vector-spaces.ts'
import { ArtefactCorrupt } from '../models/artefact/artefact-manifest.ts'
import { gramSteps } from '../models/factorisation/fold-in.ts'
import { modelSetFiles } from './model-set-check.ts'
import type { ModelSetContents } from './model-set-files.ts'
import type { ModelSetHandles } from './ports.ts'
import { ordinaryNorm } from './space-index.ts'

export interface SharedPlace {
  readonly generation: number
  readonly id: string
  readonly spaces: PerSpace<VectorSpaceWriter>
  /** Item by place in the vocabulary; −1 for what the catalogue does not know. */
  readonly ordinals: Int32Array
  readonly itemCount: number
  readonly rankerSchemaHash: string
}

const unitNorms = perSpace(() => 1)

/** Numbers that are copied in one step: about 0.1 ms. */
const copiedPerStep = 65_536
/** Rows of 64 numbers that are multiplied in one step: about 0.1 ms. */
const gramRowsPerStep = 32

/** @throws ArtefactCorrupt when a list names a neighbour that is not in the vocabulary */
export function* shareModelSet(contents: ModelSetContents, place: SharedPlace): Generator<void, ModelSetHandles> {
  const { generation, id, spaces, ordinals, itemCount, rankerSchemaHash } = place
  const { collaborative, twoTower, sequence, ranker } = contents
  const placeOf = shared(Int32Array, itemCount).fill(-1)
  for (let at = 0; at < ordinals.length; at++) if (ordinals[at] >= 0) placeOf[ordinals[at]] = at
  yield
  const norms = { ...unitNorms, collaborative: ordinaryNorm(collaborative.vectors, collaborative.dimension) }
  if (sequence !== null) norms.sequence = ordinaryNorm(sequence.vectors, sequence.dimension)
  yield
  return {
    generation,
    id,
    spaces: perSpace(space => spaces[space].handles()),
    ordinaryNorm: norms,
    coVisitation: yield* listsByOrdinal(id, contents.coVisitation, ordinals, placeOf),
    foldIn: {
      dimension: collaborative.dimension,
      vectors: yield* sharedCopy(collaborative.vectors),
      gram: yield* sharedGram(collaborative),
      placeOf,
      settings: collaborative.foldIn,
    },
    twoTower: twoTower === null ? null : { onnx: twoTower.userTower, architecture: twoTower.architecture },
    sequence:
      sequence === null ? null : { onnx: sequence.onnx, dimension: sequence.dimension, maxLength: sequence.maxLength },
    ranker: ranker === null ? null : { ...ranker, schemaHash: rankerSchemaHash },
    owned: new Uint32Array(0),
  }
}

/** Lists by place in the vocabulary become lists by ordinal; items that are gone drop out of both sides. */
function* listsByOrdinal(
  id: string,
  lists: ModelSetContents['coVisitation'],
  ordinals: Int32Array,
  placeOf: Int32Array,
) {
  const offsets = shared(Uint32Array, placeOf.length + 1)
  const neighbours = shared(Uint32Array, lists.neighbours.length)
  const scores = shared(Float32Array, lists.scores.length)
  let length = 0
  for (let item = 0; item < placeOf.length; item++) {
    const place = placeOf[item]
    const end = place < 0 ? 0 : lists.offsets[place + 1]
    for (let at = place < 0 ? 0 : lists.offsets[place]; at < end; at++) {
      const neighbour = ordinals[lists.neighbours[at]]
      if (neighbour === undefined) {
        const problem = `names item ${lists.neighbours[at]} of ${ordinals.length}`
        throw new ArtefactCorrupt(id, modelSetFiles.neighbours, problem)
      }
      if (neighbour < 0) continue
      neighbours[length] = neighbour
      scores[length++] = lists.scores[at]
    }
    offsets[item + 1] = length
    yield
  }
  return { offsets, neighbours: neighbours.subarray(0, length), scores: scores.subarray(0, length) }
}

function* sharedCopy(from: Float32Array): Generator<void, Float32Array> {
  const copy = shared(Float32Array, from.length)
  for (let at = 0; at < from.length; at += copiedPerStep) {
    copy.set(from.subarray(at, at + copiedPerStep), at)
    yield
  }
  return copy
}

/** Once here, in steps: every rank thread would otherwise stand still for it at the same time, 0.3 s for 100,000 items. */
function* sharedGram({ vectors, dimension }: ModelSetContents['collaborative']): Generator<void, Float64Array> {
  const gram = shared(Float64Array, dimension * dimension)
  yield* gramSteps(vectors, vectors.length / dimension, dimension, gram, gramRowsPerStep)
  return gram
}

interface NumberArray<T> {
  new (buffer: SharedArrayBuffer): T
  readonly BYTES_PER_ELEMENT: number
}

function shared<T extends Float32Array | Float64Array | Uint32Array | Int32Array>(
  Type: NumberArray<T>,
  length: number,
): T {
  return new Type(new SharedArrayBuffer(length * Type.BYTES_PER_ELEMENT))
}
