/** Makes a model set out of another one and models from elsewhere. */
import { createHash } from 'node:crypto'
import { basename } from 'node:path'
import { type Objective, objectives } from '../../domain/roles.ts'
import { featureSchema } from '../../features/schema.ts'
import { modelSetFiles } from '../../funnel/model-set-check.ts'
import { type RankerContents, readModelSet } from '../../funnel/model-set-files.ts'
import { type Artefact, type ArtefactFiles, deriveArtefact, loadArtefact } from '../../models/artefact/artefact.ts'
import { readStrings } from '../../models/artefact/artefact-files.ts'
import type { Manifest, ModelSetDescription } from '../../models/artefact/artefact-manifest.ts'
import { takeForeignRanker } from '../../models/foreign/foreign-ranker.ts'
import { checkForeignTower } from '../../models/foreign/foreign-tower.ts'
import { ItemVectorsInvalid, placeVectors, readItemVectors } from '../../models/foreign/item-vectors.ts'
import type { RankerSignature } from '../../models/foreign/signatures.ts'

/** A file that somebody named. */
export interface NamedFile {
  readonly path: string
  readonly bytes: Uint8Array
}

export interface ImportedRanker {
  readonly onnx: NamedFile
  /** Objectives that its columns stand for; default: all. */
  readonly columns?: readonly string[]
}

export interface ImportedTower {
  readonly onnx: NamedFile
  readonly vectors: NamedFile
  readonly ids: NamedFile
  /** Newest items of a history that it is given at most. */
  readonly maxLength: number
}

export interface ModelsImport {
  readonly modelsRoot: string
  readonly schemaHash: string
  /** Id of the set whose other models are kept. */
  readonly base: string
  readonly ranker?: ImportedRanker
  readonly tower?: ImportedTower
  /** Epoch ms. */
  readonly createdAt: number
}

/** What replaces the base's own, and what the manifest says of it. */
interface Replacement {
  readonly files: ArtefactFiles
  readonly description: (of: ModelSetDescription) => ModelSetDescription
}

export const rankerSignature: RankerSignature = { features: featureSchema.map(({ name }) => name), objectives }

/** Logits are taken as they are: a probability is 1 / (1 + e^−logit). */
const uncalibrated: RankerContents['calibration'] = objectives.map(() => ({ method: 'platt', slope: 1, intercept: 0 }))

/**
 * The new set is written, not promoted; the base stays as it is.
 * @throws ForeignModelRefused, ItemVectorsInvalid, ArtefactMissing, ArtefactCorrupt, SchemaMismatch
 */
export async function importModels(task: ModelsImport): Promise<Manifest> {
  const { modelsRoot, schemaHash, ranker, tower } = task
  const base = await loadArtefact(modelsRoot, task.base, schemaHash)
  const replacements: Replacement[] = []
  if (ranker !== undefined) replacements.push(await rankerReplacement(ranker))
  if (tower !== undefined) replacements.push(await towerReplacement(tower, base))
  const files = Object.assign({}, ...replacements.map(replacement => replacement.files))
  const described = replacements.reduce((of, { description }) => description(of), derived(task, base.manifest))
  const manifest = await deriveArtefact(modelsRoot, base, described, files)
  await readModelSet(await loadArtefact(modelsRoot, manifest.id, schemaHash))
  return manifest
}

function derived({ ranker, tower, createdAt }: ModelsImport, base: Manifest): ModelSetDescription {
  const { schemaHash, dataRange, seed, spaces, settings, kinds, metrics, objectives } = base
  const hash = createHash('sha256')
  for (const file of [ranker?.onnx, tower?.onnx, tower?.vectors]) if (file !== undefined) hash.update(file.bytes)
  const stamp = new Date(createdAt).toISOString().replace(/[-:]|\.\d+/g, '')
  return {
    ...{ schemaHash, dataRange, seed, spaces, settings, kinds, metrics, objectives, createdAt },
    id: `ms-${stamp}-${hash.digest('hex').slice(0, 4)}`,
    parent: base.id,
    origin: 'imported',
    gate: null,
  }
}

async function rankerReplacement({ onnx, columns }: ImportedRanker): Promise<Replacement> {
  const ranker = await takeForeignRanker(onnx.bytes, rankerSignature, columns)
  const trained = Object.fromEntries(objectives.map(name => [name, ranker.objectives.includes(name)]))
  const isOfRanker = (metric: string) => objectives.some(objective => metric.startsWith(`${objective}.`))
  return {
    files: {
      [modelSetFiles.ranker]: [ranker.onnx],
      [modelSetFiles.calibration]: [json({ calibration: uncalibrated, trained })],
    },
    description: of => ({
      ...noting(of, 'ranker', { ranker: onnx }),
      metrics: Object.fromEntries(Object.entries(of.metrics).filter(([name]) => !isOfRanker(name))),
      objectives: Object.fromEntries(objectives.map(name => [name, statusOf(name, ranker.objectives)])),
    }),
  }
}

function statusOf(name: Objective, known: readonly string[]) {
  return known.includes(name) ? { trained: true } : { trained: false, reason: 'not in the imported ranker' }
}

/** A tower from elsewhere takes the place of the sequence model: both make a query of the vectors of a history. */
async function towerReplacement(
  { onnx, vectors, ids, maxLength }: ImportedTower,
  base: Artefact,
): Promise<Replacement> {
  const items = readItemVectors(vectors.bytes, new TextDecoder().decode(ids.bytes))
  const { dimension } = items
  await checkForeignTower(onnx.bytes, { dimension, maxLength })
  const vocabulary = await readStrings(base.path(modelSetFiles.vocabulary))
  const { placed, found } = placeVectors(items, vocabulary)
  if (found === 0) throw new ItemVectorsInvalid(`none of the ${items.ids.length} ids is an item of ${base.manifest.id}`)
  return {
    files: {
      [modelSetFiles.sequence]: [onnx.bytes],
      [modelSetFiles.sequenceVectors]: [placed],
      [modelSetFiles.sequenceOptions]: [json({ dimension, maxLength })],
    },
    description: of => ({
      ...noting(of, 'sequence', { tower: onnx, vectors }),
      spaces: { ...of.spaces, sequence: { dimension, count: found, normalised: false } },
    }),
  }
}

/** Says in the description which files a kind of model came from. */
function noting(
  of: ModelSetDescription,
  kind: string,
  files: Readonly<Record<string, NamedFile>>,
): ModelSetDescription {
  const sources = Object.entries(files).map(([name, { path, bytes }]) => {
    return [name, { file: basename(path), sha256: createHash('sha256').update(bytes).digest('hex') }]
  })
  return {
    ...of,
    kinds: [...(of.kinds ?? []).filter(known => known !== kind), kind],
    settings: { ...of.settings, [`imported.${kind}`]: Object.fromEntries(sources) },
  }
}

function json(value: unknown): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`)
}
