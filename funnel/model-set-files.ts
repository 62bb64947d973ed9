import { readFile } from 'node:fs/promises'
import type { ItemLists } from '../algorithms/retrieval/item-lists.ts'
import {
  CONTENT_ENCODER_DEFAULTS,
  ContentEncoder,
  type ContentEncoderOptions,
} from '../algorithms/text/content-encoder.ts'
import type { Objective } from '../domain/roles.ts'
import { type Artefact, writeArtefact } from '../models/artefact/artefact.ts'
import { encodeStrings, readFloat32, readStrings, readUint32 } from '../models/artefact/artefact-files.ts'
import { ArtefactCorrupt, type Manifest, type ModelSetDescription } from '../models/artefact/artefact-manifest.ts'
import type { CalibrationTable } from '../models/calibration/calibration.ts'
import type { FoldInSettings } from '../models/factorisation/fold-in.ts'
import type { ItemFeatureLayout } from '../models/two-tower/item-features.ts'
import type { TwoTowerArchitecture } from '../models/two-tower/towers.ts'
import { checkContentEncoder, checkModelSet, modelSetFiles } from './model-set-check.ts'

/** A model set in memory, as a trainer makes it and a server loads it. Items are places in `vocabulary`. */
export interface ModelSetContents {
  /** Ids of the items that had interactions in training. */
  readonly vocabulary: readonly string[]
  readonly collaborative: {
    readonly dimension: number
    /** [vocabulary × dimension] */
    readonly vectors: Float32Array
    readonly foldIn: FoldInSettings
  }
  readonly content: ContentEncoder
  readonly coVisitation: ItemLists
  /** Towers over content and profiles; absent where they were not trained. */
  readonly twoTower: TwoTowerContents | null
  /** Self-attention over the history; absent where it was not trained. */
  readonly sequence: SequenceContents | null
  readonly ranker: RankerContents | null
}

export interface TwoTowerContents {
  readonly dimension: number
  readonly architecture: TwoTowerArchitecture
  readonly layout: ItemFeatureLayout
  /** What an item's own id adds to its vector [vocabulary × dimension]; zeros for what training did not meet. */
  readonly ids: Float32Array
  /** Weights of the item tower, see `models/two-tower/item-tower-kernel.ts`. */
  readonly itemTower: Float32Array
  readonly userTower: Uint8Array
}

export interface SequenceContents {
  readonly dimension: number
  /** [vocabulary × dimension]; an item that was met too seldom has zeros. */
  readonly vectors: Float32Array
  /** The encoder of a history, see `models/sequence/sequence-encoder.ts`. */
  readonly onnx: Uint8Array
  /** Newest items of a history that it looks at. */
  readonly maxLength: number
}

export interface RankerContents {
  readonly onnx: Uint8Array
  /** In the order of `objectives`. */
  readonly calibration: readonly CalibrationTable[]
  readonly trained: Readonly<Record<Objective, boolean>>
}

const json = (value: unknown) => new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`)

/** @throws ArtefactExists */
export function writeModelSet(
  root: string,
  description: ModelSetDescription,
  contents: ModelSetContents,
): Promise<Manifest> {
  const { collaborative, content, coVisitation, twoTower, sequence, ranker } = contents
  const { options, idf, projection } = content.toState()
  return writeArtefact(root, description, {
    [modelSetFiles.vocabulary]: [encodeStrings(contents.vocabulary)],
    [modelSetFiles.vectors]: [collaborative.vectors],
    [modelSetFiles.foldIn]: [json({ dimension: collaborative.dimension, ...collaborative.foldIn })],
    [modelSetFiles.contentOptions]: [json(options)],
    [modelSetFiles.idf]: [idf],
    [modelSetFiles.projection]: [projection],
    [modelSetFiles.offsets]: [coVisitation.offsets],
    [modelSetFiles.neighbours]: [coVisitation.neighbours],
    [modelSetFiles.scores]: [coVisitation.scores],
    ...(twoTower !== null && {
      [modelSetFiles.twoTowerOptions]: [json({ architecture: twoTower.architecture, layout: twoTower.layout })],
      [modelSetFiles.twoTowerIds]: [twoTower.ids],
      [modelSetFiles.itemTower]: [twoTower.itemTower],
      [modelSetFiles.userTower]: [twoTower.userTower],
    }),
    ...(sequence !== null && {
      [modelSetFiles.sequence]: [sequence.onnx],
      [modelSetFiles.sequenceVectors]: [sequence.vectors],
      [modelSetFiles.sequenceOptions]: [json({ dimension: sequence.dimension, maxLength: sequence.maxLength })],
    }),
    ...(ranker !== null && {
      [modelSetFiles.ranker]: [ranker.onnx],
      [modelSetFiles.calibration]: [json({ calibration: ranker.calibration, trained: ranker.trained })],
    }),
  })
}

/**
 * Reads what `writeModelSet` wrote, from an artefact whose files have been checked.
 *
 * @throws ArtefactCorrupt naming the file that does not fit the others
 */
export async function readModelSet(artefact: Artefact): Promise<ModelSetContents> {
  const { dimension, ...foldIn } = await readJson(artefact, modelSetFiles.foldIn)
  const [vocabulary, vectors, offsets, neighbours, scores] = await Promise.all([
    readStrings(artefact.path(modelSetFiles.vocabulary)),
    readFloat32(artefact.path(modelSetFiles.vectors)),
    readUint32(artefact.path(modelSetFiles.offsets)),
    readUint32(artefact.path(modelSetFiles.neighbours)),
    readFloat32(artefact.path(modelSetFiles.scores)),
  ])
  const contents = {
    vocabulary,
    collaborative: { dimension, vectors, foldIn },
    content: await readContentEncoder(artefact),
    coVisitation: { offsets, neighbours, scores },
    twoTower: modelSetFiles.userTower in artefact.manifest.files ? await readTwoTower(artefact) : null,
    sequence: modelSetFiles.sequence in artefact.manifest.files ? await readSequence(artefact) : null,
    ranker: modelSetFiles.ranker in artefact.manifest.files ? await readRanker(artefact) : null,
  }
  checkModelSet(artefact.manifest.id, contents)
  return contents
}

async function readContentEncoder(artefact: Artefact): Promise<ContentEncoder> {
  const stored = await readJson(artefact, modelSetFiles.contentOptions)
  const options: ContentEncoderOptions = { ...CONTENT_ENCODER_DEFAULTS, ...stored }
  const [idf, projection] = await Promise.all([
    readFloat32(artefact.path(modelSetFiles.idf)),
    readFloat32(artefact.path(modelSetFiles.projection)),
  ])
  checkContentEncoder(artefact.manifest.id, options, idf, projection)
  return ContentEncoder.fromState({ options, idf, projection })
}

async function readTwoTower(artefact: Artefact): Promise<TwoTowerContents> {
  const { architecture, layout } = await readJson(artefact, modelSetFiles.twoTowerOptions)
  const [ids, itemTower] = await Promise.all([
    readFloat32(artefact.path(modelSetFiles.twoTowerIds)),
    readFloat32(artefact.path(modelSetFiles.itemTower)),
  ])
  const userTower = await readBytes(artefact, modelSetFiles.userTower)
  return { dimension: Number(architecture?.dimension), architecture, layout, ids, itemTower, userTower }
}

async function readSequence(artefact: Artefact): Promise<SequenceContents> {
  const { dimension, maxLength } = await readJson(artefact, modelSetFiles.sequenceOptions)
  const vectors = await readFloat32(artefact.path(modelSetFiles.sequenceVectors))
  return { dimension, maxLength, vectors, onnx: await readBytes(artefact, modelSetFiles.sequence) }
}

async function readRanker(artefact: Artefact): Promise<RankerContents> {
  const { calibration, trained } = await readJson(artefact, modelSetFiles.calibration)
  return { onnx: await readBytes(artefact, modelSetFiles.ranker), calibration, trained }
}

async function readBytes(artefact: Artefact, file: string): Promise<Uint8Array> {
  return new Uint8Array(await readFile(artefact.path(file)))
}

async function readJson(artefact: Artefact, file: string) {
  try {
    return Object(JSON.parse(await readFile(artefact.path(file), 'utf8')))
  } catch (error) {
    if (error instanceof SyntaxError) throw new ArtefactCorrupt(artefact.manifest.id, file, 'is no JSON')
    throw error
  }
}
