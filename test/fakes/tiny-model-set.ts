import { createRandom } from '../../algorithms/statistics/random.ts'
import { ContentEncoder, type ContentEncoderOptions } from '../../algorithms/text/content-encoder.ts'
import type { Item } from '../../domain/item.ts'
import { objectives } from '../../domain/roles.ts'
import { featureCount } from '../../features/schema.ts'
import { contentDocument } from '../../funnel/content-document.ts'
import {
  type ModelSetContents,
  type RankerContents,
  type SequenceContents,
  type TwoTowerContents,
  writeModelSet,
} from '../../funnel/model-set-files.ts'
import { schemaHashOf } from '../../funnel/schema-hash.ts'
import type { ModelSetDescription } from '../../models/artefact/artefact-manifest.ts'
import { Parameters } from '../../models/engine/parameters.ts'
import { Graph } from '../../models/graph/graph.ts'
import { matmul } from '../../models/graph/matrix.ts'
import { exportRanker, rankerLogits } from '../../models/ranker/ranker.ts'
import { exportSequenceEncoder } from '../../models/sequence/sequence-encoder.ts'
import { encodeSequence, itemsParameter, itemTable } from '../../models/sequence/sequence-model.ts'
import { sequenceArchitecture, sequenceDefaults } from '../../models/sequence/sequence-settings.ts'
import { pooledWidth } from '../../models/two-tower/history-pooling.ts'
import { itemFeatureWidth } from '../../models/two-tower/item-features.ts'
import { packItemTower } from '../../models/two-tower/item-tower-kernel.ts'
import { exportUserTower, itemTower, userTower } from '../../models/two-tower/towers.ts'
import { userFeatureWidth } from '../../models/two-tower/user-features.ts'
import { testSettings } from './samples.ts'

const dimension = 8
const contentOptions: ContentEncoderOptions = {
  dimension,
  buckets: 512,
  isSigned: true,
  fieldWeights: { title: 1, text: 1, categories: 1, creators: 1, labels: 1 },
}

export const testSchemaHash = schemaHashOf(testSettings())

/**
 * A model set over the items that was never trained: vectors are drawn from the seed, but items of one primary category
 * lie close together, and each item's list names the next ones.
 */
export function tinyModelSet(items: readonly Item[], seed = 1, ranker: RankerContents | null = null): ModelSetContents {
  const neighbours = Math.min(4, items.length - 1)
  return {
    vocabulary: items.map(item => item.id),
    collaborative: {
      dimension,
      vectors: categoryVectors(items, seed),
      foldIn: { regularisation: 0.1, frequencyExponent: 1, unobservedWeight: 0.1 },
    },
    content: ContentEncoder.fit(items.map(contentDocument), contentOptions, seed),
    coVisitation: {
      offsets: Uint32Array.from({ length: items.length + 1 }, (_, i) => i * neighbours),
      neighbours: Uint32Array.from({ length: items.length * neighbours }, (_, at) => {
        return (Math.floor(at / neighbours) + 1 + (at % neighbours)) % items.length
      }),
      scores: Float32Array.from({ length: items.length * neighbours }, (_, at) => 1 / (1 + (at % neighbours))),
    },
    twoTower: null,
    sequence: null,
    ranker,
  }
}

/** A ranker of the real shape with drawn weights: its scores mean nothing and are the same every time. */
export function tinyRanker(seed = 1): RankerContents {
  const architecture = {
    features: featureCount,
    objectives,
    members: 1,
    experts: 2,
    expertWidth: 4,
    towerWidth: 2,
    dropout: 0,
  }
  const standardisation = {
    mean: new Float32Array(featureCount),
    inverseDeviation: new Float32Array(featureCount).fill(0.1),
  }
  const graph = new Graph()
  graph.output('logits', rankerLogits(graph, architecture, standardisation, { batch: 'rows', train: false }))
  return {
    onnx: exportRanker(architecture, standardisation, Parameters.initialise(graph.parameters, seed)),
    calibration: objectives.map(() => ({ method: 'platt', slope: 1, intercept: -1 })),
    trained: { click: true, finish: true, positive: true, negative: true },
  }
}

export function tinyDescription(id: string, fields: Partial<ModelSetDescription> = {}): ModelSetDescription {
  return {
    id,
    createdAt: 0,
    schemaHash: testSchemaHash,
    dataRange: { fromSeq: 1, toSeq: 1, fromTime: 0, toTime: 0 },
    parent: null,
    seed: 1,
    metrics: {},
    settings: {},
    spaces: {},
    objectives: {},
    ...fields,
  }
}

export async function writeTinyModelSet(root: string, id: string, contents: ModelSetContents): Promise<void> {
  await writeModelSet(root, tinyDescription(id), contents)
}

function categoryVectors(items: readonly Item[], seed: number): Float32Array {
  const random = createRandom(seed)
  const centres = new Map<string, readonly number[]>()
  const draw = (scale: number) => Array.from({ length: dimension }, () => scale * (random.next() - 0.5))
  return Float32Array.from(
    items.flatMap(({ categories: [category = ''] }) => {
      const centre = centres.get(category) ?? draw(2)
      centres.set(category, centre)
      const offset = draw(0.5)
      return centre.map((x, i) => x + offset[i])
    }),
  )
}

/** The same set with towers and a sequence model of the real shape, with drawn weights. */
export function withNeuralSpaces(contents: ModelSetContents, seed = 1): ModelSetContents {
  return { ...contents, twoTower: tinyTwoTower(contents, seed), sequence: tinySequence(contents, seed) }
}

function tinyTwoTower({ vocabulary, content }: ModelSetContents, seed: number): TwoTowerContents {
  const layout = { content: content.dimension, categories: 8, creators: 8 }
  const architecture = {
    dimension,
    decays: [0.8, 1],
    historyLength: 20,
    itemFeatures: itemFeatureWidth(layout),
    itemHidden: 8,
    userHidden: 8,
  }
  const graph = new Graph()
  const input = (name: string, width: number) => graph.input(name, ['rows', width])
  const item = itemTower(graph, architecture, input('item', architecture.itemFeatures), input('id', dimension))
  const user = userTower(graph, architecture, input('pooled', pooledWidth(architecture)), input('u', userFeatureWidth))
  graph.output('both', matmul(item, user, { transposeB: true }))
  const weights = Parameters.initialise(graph.parameters, seed)
  return {
    dimension,
    architecture,
    layout,
    ids: new Float32Array(vocabulary.length * dimension).fill(0.01),
    itemTower: packItemTower(weights),
    userTower: exportUserTower(architecture, weights),
  }
}

function tinySequence({ vocabulary }: ModelSetContents, seed: number): SequenceContents {
  const architecture = sequenceArchitecture(vocabulary.length, {
    ...sequenceDefaults,
    width: dimension,
    blocks: 1,
    maxLength: 10,
  })
  const graph = new Graph()
  const vectors = graph.input('vectors', ['length', dimension])
  graph.output('hidden', encodeSequence(graph, vectors, architecture, { batch: 1, length: 'length' }))
  itemsParameter(graph, architecture)
  const parameters = Parameters.initialise(graph.parameters, seed)
  return {
    dimension,
    maxLength: 10,
    vectors: parameters.view(itemTable).slice(),
    onnx: exportSequenceEncoder({ architecture, parameters }),
  }
}
