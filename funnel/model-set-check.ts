/**
 * Whether the files of a model set fit together: each may be what was written, and the set still one that no trainer of
 * this program would make. What takes long is left to the steps in which the set is shared, see `shareModelSet`.
 */
import type { ContentEncoderOptions } from '../algorithms/text/content-encoder.ts'
import { objectives } from '../domain/roles.ts'
import { ArtefactCorrupt } from '../models/artefact/artefact-manifest.ts'
import type { CalibrationTable } from '../models/calibration/calibration.ts'
import { type ItemFeatureLayout, itemFeatureWidth } from '../models/two-tower/item-features.ts'
import { ItemTowerKernel } from '../models/two-tower/item-tower-kernel.ts'
import type { ModelSetContents, RankerContents, SequenceContents, TwoTowerContents } from './model-set-files.ts'

export const modelSetFiles = {
  vocabulary: 'vocabulary.strings',
  vectors: 'collaborative.f32',
  foldIn: 'fold-in.json',
  contentOptions: 'content.json',
  idf: 'content-idf.f32',
  projection: 'content-projection.f32',
  offsets: 'co-visitation-offsets.u32',
  neighbours: 'co-visitation-neighbours.u32',
  scores: 'co-visitation-scores.f32',
  twoTowerOptions: 'two-tower.json',
  twoTowerIds: 'two-tower-ids.f32',
  itemTower: 'item-tower.f32',
  userTower: 'user-tower.onnx',
  sequence: 'sequence.onnx',
  sequenceVectors: 'sequence.f32',
  sequenceOptions: 'sequence.json',
  ranker: 'ranker.onnx',
  calibration: 'calibration.json',
} as const

type ModelSetFile = keyof typeof modelSetFiles

/** @throws ArtefactCorrupt naming the file */
export function checkModelSet(id: string, contents: ModelSetContents): void {
  const { vocabulary, collaborative, content, coVisitation, twoTower, sequence, ranker } = contents
  const { dimension, vectors, foldIn } = collaborative
  const count = vocabulary.length
  expectThat(isCount(dimension), id, 'foldIn', 'has no dimension')
  const { regularisation, frequencyExponent, unobservedWeight } = foldIn
  for (const value of [regularisation, frequencyExponent, unobservedWeight])
    expectThat(Number.isFinite(value), id, 'foldIn', 'lacks a number')
  expectLength(vectors, count * dimension, id, 'vectors', `${count} items of ${dimension} dimensions`)
  checkLists(id, coVisitation, count)
  if (twoTower !== null) checkTwoTower(id, twoTower, content.dimension, count)
  if (sequence !== null) checkSequence(id, sequence, count)
  if (ranker !== null) checkCalibration(id, ranker)
}

/** @throws ArtefactCorrupt naming the file */
export function checkContentEncoder(
  id: string,
  { buckets, dimension }: ContentEncoderOptions,
  idf: Float32Array,
  projection: Float32Array,
): void {
  expectThat(isCount(buckets) && isCount(dimension), id, 'contentOptions', 'has no buckets or no dimension')
  expectLength(idf, buckets, id, 'idf', `${buckets} buckets`)
  expectLength(projection, buckets * dimension, id, 'projection', `${buckets} buckets of ${dimension} dimensions`)
}

function checkTwoTower(
  id: string,
  { architecture, layout, ids, itemTower }: TwoTowerContents,
  contentDimension: number,
  count: number,
): void {
  const sizes = ['dimension', 'itemFeatures', 'itemHidden', 'userHidden', 'historyLength'] as const
  const whole = sizes.every(name => isCount(Object(architecture)[name])) && Array.isArray(architecture.decays)
  expectThat(whole, id, 'twoTowerOptions', `does not name ${sizes.join(', ')} and decays`)
  const { content } = Object(layout) as ItemFeatureLayout
  expectThat(content === contentDimension, id, 'twoTowerOptions', `is not for ${contentDimension} content dimensions`)
  const width = itemFeatureWidth(layout)
  expectThat(
    width === architecture.itemFeatures,
    id,
    'twoTowerOptions',
    `lays out ${width} features, not as many as its tower takes`,
  )
  expectLength(ids, count * architecture.dimension, id, 'twoTowerIds', `${count} items`)
  try {
    new ItemTowerKernel(architecture, itemTower)
  } catch (error) {
    expectThat(false, id, 'itemTower', `does not fit: ${(error as Error).message}`)
  }
}

function checkSequence(id: string, { dimension, maxLength, vectors }: SequenceContents, count: number): void {
  expectThat(isCount(dimension), id, 'sequenceOptions', 'has no dimension')
  expectThat(isCount(maxLength), id, 'sequenceOptions', 'has no length of history')
  expectLength(vectors, count * dimension, id, 'sequenceVectors', `${count} items of ${dimension} dimensions`)
}

function checkLists(
  id: string,
  { offsets, neighbours, scores }: ModelSetContents['coVisitation'],
  count: number,
): void {
  expectLength(offsets, count + 1, id, 'offsets', `${count} items and the end`)
  const ascends = offsets.every((offset, i) => offset >= (i === 0 ? 0 : offsets[i - 1]))
  expectThat(ascends && offsets[0] === 0, id, 'offsets', 'does not ascend from 0')
  expectLength(neighbours, offsets[count], id, 'neighbours', `lists that end at ${offsets[count]}`)
  expectLength(scores, neighbours.length, id, 'scores', `${neighbours.length} neighbours`)
}

function checkCalibration(id: string, { calibration, trained }: RankerContents): void {
  const whole = Array.isArray(calibration) && calibration.length === objectives.length && calibration.every(isTable)
  expectThat(whole, id, 'calibration', `has not one table for each of ${objectives.join(', ')}`)
  const told = objectives.every(name => typeof Object(trained)[name] === 'boolean')
  expectThat(told, id, 'calibration', 'does not say which objectives were trained')
}

function isTable(table: CalibrationTable): boolean {
  if (table?.method === 'platt') return Number.isFinite(table.slope) && Number.isFinite(table.intercept)
  if (table?.method !== 'isotonic') return false
  const { logits, probabilities } = table
  const numbers = [logits, probabilities].every(column => Array.isArray(column) && column.every(Number.isFinite))
  return numbers && logits.length > 0 && logits.length === probabilities.length
}

function expectLength(array: ArrayLike<number>, length: number, id: string, file: ModelSetFile, of: string): void {
  expectThat(array.length === length, id, file, `holds ${array.length} numbers, not the ${length} of ${of}`)
}

function expectThat(holds: boolean, id: string, file: ModelSetFile, problem: string): void {
  if (!holds) throw new ArtefactCorrupt(id, modelSetFiles[file], problem)
}

function isCount(value: number): boolean {
  return Number.isInteger(value) && value > 0
}
