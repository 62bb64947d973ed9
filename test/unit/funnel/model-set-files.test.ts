import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ContentEncoder } from '../../../algorithms/text/content-encoder.ts'
import { type ModelSetContents, type RankerContents, readModelSet } from '../../../funnel/model-set-files.ts'
import { loadArtefact } from '../../../models/artefact/artefact.ts'
import { liveModels, loadWhole } from '../../fakes/loaded-models.ts'
import { catalogOf, sampleItems } from '../../fakes/samples.ts'
import {
  testSchemaHash,
  tinyModelSet,
  tinyRanker,
  withNeuralSpaces,
  writeTinyModelSet,
} from '../../fakes/tiny-model-set.ts'

const items = sampleItems(12)
const good = withNeuralSpaces(tinyModelSet(items, 1, tinyRanker()))
const { collaborative, coVisitation } = good
const ranker = good.ranker!
const twoTower = good.twoTower!
const sequence = good.sequence!
const cut = <T extends Float32Array | Uint32Array>(array: T) => array.subarray(0, array.length - 1) as T

let root: string

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'sluice-models-'))
})

afterEach(() => rm(root, { recursive: true }))

async function throughFiles(contents: ModelSetContents): Promise<ModelSetContents> {
  await writeTinyModelSet(root, 'a', contents)
  return readModelSet(await loadArtefact(root, 'a', testSchemaHash))
}

/** An encoder whose parts do not fit, which no encoder would let itself be made of. */
function encoderOf(change: (state: ReturnType<ContentEncoder['toState']>) => object): ContentEncoder {
  const state = good.content.toState()
  return Object.assign(Object.create(ContentEncoder.prototype), { state: { ...state, ...change(state) } })
}

const calibrated = (calibration: unknown, trained: unknown = ranker.trained) =>
  ({ ...ranker, calibration, trained }) as RankerContents

const misfits: [string, string, Partial<ModelSetContents>][] = [
  [
    'too few vectors',
    'collaborative.f32',
    { collaborative: { ...collaborative, vectors: cut(collaborative.vectors) } },
  ],
  ['no dimension', 'fold-in.json', { collaborative: { ...collaborative, dimension: 0 } }],
  [
    'a number of the fold-in that is missing',
    'fold-in.json',
    { collaborative: { ...collaborative, foldIn: { regularisation: 1 } as typeof collaborative.foldIn } },
  ],
  [
    'too few offsets',
    'co-visitation-offsets.u32',
    { coVisitation: { ...coVisitation, offsets: cut(coVisitation.offsets) } },
  ],
  [
    'offsets that fall',
    'co-visitation-offsets.u32',
    { coVisitation: { ...coVisitation, offsets: coVisitation.offsets.toReversed() } },
  ],
  [
    'lists that end early',
    'co-visitation-neighbours.u32',
    { coVisitation: { ...coVisitation, neighbours: cut(coVisitation.neighbours) } },
  ],
  [
    'too few scores',
    'co-visitation-scores.f32',
    { coVisitation: { ...coVisitation, scores: cut(coVisitation.scores) } },
  ],
  ['too few frequencies', 'content-idf.f32', { content: encoderOf(({ idf }) => ({ idf: cut(idf) })) }],
  [
    'a projection cut short',
    'content-projection.f32',
    { content: encoderOf(s => ({ projection: cut(s.projection) })) },
  ],
  [
    'a tower of other features',
    'two-tower.json',
    { twoTower: { ...twoTower, layout: { ...twoTower.layout, creators: 9 } } },
  ],
  [
    'a tower for another text space',
    'two-tower.json',
    { twoTower: { ...twoTower, layout: { ...twoTower.layout, content: 7 } } },
  ],
  ['too few ids', 'two-tower-ids.f32', { twoTower: { ...twoTower, ids: cut(twoTower.ids) } }],
  ['an item tower cut short', 'item-tower.f32', { twoTower: { ...twoTower, itemTower: cut(twoTower.itemTower) } }],
  ['a sequence model without a length', 'sequence.json', { sequence: { ...sequence, maxLength: 0 } }],
  ['too few embeddings', 'sequence.f32', { sequence: { ...sequence, vectors: cut(sequence.vectors) } }],
  ['a table too few', 'calibration.json', { ranker: calibrated(ranker.calibration.slice(1)) }],
  [
    'a table of no numbers',
    'calibration.json',
    { ranker: calibrated(ranker.calibration.map(() => ({ method: 'platt' }))) },
  ],
  [
    'a table of no points',
    'calibration.json',
    { ranker: calibrated([1, 2, 3, 4].map(() => ({ method: 'isotonic' }))) },
  ],
  ['an objective it does not know', 'calibration.json', { ranker: calibrated(ranker.calibration, { click: true }) }],
]

describe('a model set', () => {
  it('is read as it was written', async () => {
    const read = await throughFiles(good)
    expect(read).toMatchObject({ vocabulary: good.vocabulary, collaborative, coVisitation })
    expect(read.content.toState()).toEqual(good.content.toState())
    expect(read.twoTower).toEqual({ ...twoTower, userTower: new Uint8Array(twoTower.userTower) })
    expect(read.sequence).toEqual({ ...sequence, onnx: new Uint8Array(sequence.onnx) })
    expect(read.ranker).toEqual({ ...ranker, onnx: new Uint8Array(ranker.onnx) })
  })

  it.each(misfits)('is refused with %s, naming %s', async (_, file, change) => {
    await expect(throughFiles({ ...good, ...change })).rejects.toMatchObject({ name: 'ArtefactCorrupt', file })
  })

  it('is refused while it is loaded when a list names an item that is not in the vocabulary', async () => {
    const neighbours = coVisitation.neighbours.slice().fill(items.length, 3, 4)
    const contents = await throughFiles({ ...good, coVisitation: { ...coVisitation, neighbours } })
    const { models } = liveModels(catalogOf(items))
    expect(() => loadWhole(models, 'a', contents)).toThrow(/co-visitation-neighbours.u32 names item 12 of 12/)
    expect(models.live()).toEqual([])
  })
})
