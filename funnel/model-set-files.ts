import { readFile } from 'node:fs/promises'
import type { ItemLists } from '../algorithms/retrieval/item-lists.ts'
import {
  CONTENT_ENCODER_DEFAULTS,
  ContentEncoder,
  type ContentEncoderOptions,
} from '../algorithms/text/content-encoder.ts'
import type { Objective } from '../domain/roles.ts'
import { type Artefact, writeArtefact } from '../models/artefact.ts'
import { encodeStrings, readFloat32, readStrings, readUint32 } from '../models/artefact-files.ts'
import type { Manifest, ModelSetDescription } from '../models/artefact-manifest.ts'
import type { CalibrationTable } from '../models/calibration.ts'
import type { FoldInSettings } from '../models/fold-in.ts'

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
  readonly ranker: RankerContents | null
}

export interface RankerContents {
  readonly onnx: Uint8Array
  /** In the order of `objectives`. */
  readonly calibration: readonly CalibrationTable[]
  readonly trained: Readonly<Record<Objective, boolean>>
}

const files = {
  vocabulary: 'vocabulary.strings',
  vectors: 'collaborative.f32',
  foldIn: 'fold-in.json',
  contentOptions: 'content.json',
  idf: 'content-idf.f32',
  projection: 'content-projection.f32',
  offsets: 'co-visitation-offsets.u32',
  neighbours: 'co-visitation-neighbours.u32',
  scores: 'co-visitation-scores.f32',
  ranker: 'ranker.onnx',
  calibration: 'calibration.json',
} as const

const json = (value: unknown) => new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`)

/** @throws ArtefactExists */
export function writeModelSet(
  root: string,
  description: ModelSetDescription,
  contents: ModelSetContents,
): Promise<Manifest> {
  const { collaborative, content, coVisitation, ranker } = contents
  const { options, idf, projection } = content.toState()
  return writeArtefact(root, description, {
    [files.vocabulary]: [encodeStrings(contents.vocabulary)],
    [files.vectors]: [collaborative.vectors],
    [files.foldIn]: [json({ dimension: collaborative.dimension, ...collaborative.foldIn })],
    [files.contentOptions]: [json(options)],
    [files.idf]: [idf],
    [files.projection]: [projection],
    [files.offsets]: [coVisitation.offsets],
    [files.neighbours]: [coVisitation.neighbours],
    [files.scores]: [coVisitation.scores],
    ...(ranker !== null && {
      [files.ranker]: [ranker.onnx],
      [files.calibration]: [json({ calibration: ranker.calibration, trained: ranker.trained })],
    }),
  })
}

/** Reads what `writeModelSet` wrote, from an artefact whose files have been checked. */
export async function readModelSet(artefact: Artefact): Promise<ModelSetContents> {
  const text = async (file: string) => JSON.parse(await readFile(artefact.path(file), 'utf8'))
  const { dimension, ...foldIn } = await text(files.foldIn)
  const options: ContentEncoderOptions = { ...CONTENT_ENCODER_DEFAULTS, ...(await text(files.contentOptions)) }
  const [idf, projection] = await Promise.all([
    readFloat32(artefact.path(files.idf)),
    readFloat32(artefact.path(files.projection)),
  ])
  return {
    vocabulary: await readStrings(artefact.path(files.vocabulary)),
    collaborative: { dimension, vectors: await readFloat32(artefact.path(files.vectors)), foldIn },
    content: ContentEncoder.fromState({ options, idf, projection }),
    coVisitation: {
      offsets: await readUint32(artefact.path(files.offsets)),
      neighbours: await readUint32(artefact.path(files.neighbours)),
      scores: await readFloat32(artefact.path(files.scores)),
    },
    ranker: files.ranker in artefact.manifest.files ? await readRanker(artefact, text) : null,
  }
}

async function readRanker(
  artefact: Artefact,
  text: (file: string) => Promise<Omit<RankerContents, 'onnx'>>,
): Promise<RankerContents> {
  const { calibration, trained } = await text(files.calibration)
  return { onnx: new Uint8Array(await readFile(artefact.path(files.ranker))), calibration, trained }
}
