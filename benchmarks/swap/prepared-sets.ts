/** Model sets for a swap: a twin of the promoted one to swap to, and one that must be refused. */
import { createHash } from 'node:crypto'
import { createRandom, splitSeed } from '../../algorithms/statistics/random.ts'
import { modelSetFiles } from '../../funnel/model-set-check.ts'
import { type ModelSetContents, type RankerContents, readModelSet } from '../../funnel/model-set-files.ts'
import { type Artefact, type ArtefactFiles, deriveArtefact, loadArtefact } from '../../models/artefact/artefact.ts'
import type { ModelSetDescription } from '../../models/artefact/artefact-manifest.ts'
import type { CalibrationTable } from '../../models/calibration/calibration.ts'

/**
 * Writes a set that is as good and as much work as the base, with other numbers in it: the dimensions of the
 * collaborative factors change places and signs, which leaves every inner product within the set what it was, and makes
 * one across the two sets meaningless; probabilities are a little lower. Features, scores and values of a feed tell which
 * of the two made it.
 *
 * @returns its id
 */
export async function writeTwin(modelsRoot: string, baseId: string, schemaHash: string, seed: number): Promise<string> {
  const base = await loadArtefact(modelsRoot, baseId, schemaHash)
  const { collaborative, ranker } = await readModelSet(base)
  const files: ArtefactFiles = {
    [modelSetFiles.vectors]: [turned(collaborative, seed)],
    ...(ranker !== null && { [modelSetFiles.calibration]: [calibrationFile(ranker)] }),
  }
  const id = `${baseId}-twin`
  await deriveArtefact(modelsRoot, base, { ...descriptionOf(base), id, parent: baseId, gate: null }, files)
  return id
}

/** Writes the base once more as a set that was trained on other features. @returns its id */
export async function writeForeign(modelsRoot: string, baseId: string, schemaHash: string): Promise<string> {
  const base = await loadArtefact(modelsRoot, baseId, schemaHash)
  const id = `${baseId}-foreign`
  const otherHash = createHash('sha256').update(`not ${schemaHash}`).digest('hex').slice(0, schemaHash.length)
  const description = { ...descriptionOf(base), id, parent: baseId, gate: null, schemaHash: otherHash }
  await deriveArtefact(modelsRoot, base, description, {})
  return id
}

function descriptionOf({ manifest }: Artefact): ModelSetDescription {
  const { formatVersion, files, bytes, ...description } = manifest
  return description
}

function turned({ vectors, dimension }: ModelSetContents['collaborative'], seed: number): Float32Array {
  const random = createRandom(splitSeed(seed, 'twin'))
  const from = Array.from({ length: dimension }, (_, d) => d)
  for (let d = dimension - 1; d > 0; d--) {
    const other = Math.floor(random.next() * (d + 1))
    ;[from[d], from[other]] = [from[other], from[d]]
  }
  const sign = from.map(() => (random.next() < 0.5 ? -1 : 1))
  return vectors.map((_, at) => sign[at % dimension] * vectors[at - (at % dimension) + from[at % dimension]])
}

const lowered = 0.98

function calibrationFile({ calibration, trained }: RankerContents): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify({ calibration: calibration.map(lower), trained })}\n`)
}

function lower(table: CalibrationTable): CalibrationTable {
  return table.method === 'platt'
    ? { ...table, intercept: table.intercept + Math.log(lowered) }
    : { ...table, probabilities: table.probabilities.map(probability => probability * lowered) }
}
