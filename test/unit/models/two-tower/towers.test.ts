import { describe, expect, it } from 'vitest'
import { normal } from '../../../../models/engine/initialisers.ts'
import { Parameters } from '../../../../models/engine/parameters.ts'
import { normalAt } from '../../../../models/engine/random.ts'
import { openSession, run, tensor } from '../../../../models/engine/session.ts'
import { scale } from '../../../../models/graph/arithmetic.ts'
import { Graph } from '../../../../models/graph/graph.ts'
import { pooledWidth, poolHistory, writePoolingFactors } from '../../../../models/two-tower/history-pooling.ts'
import { ItemTowerKernel, packItemTower } from '../../../../models/two-tower/item-tower-kernel.ts'
import { ItemTower, UserTower } from '../../../../models/two-tower/tower-sessions.ts'
import { exportItemTower, exportUserTower, userTower } from '../../../../models/two-tower/towers.ts'
import { twoTowerLoss } from '../../../../models/two-tower/two-tower-loss.ts'
import { profileColumn, userFeatureWidth, writeUserFeatures } from '../../../../models/two-tower/user-features.ts'

const architecture = {
  dimension: 8,
  decays: [0.5, 0.9],
  historyLength: 5,
  itemFeatures: 12,
  itemHidden: 16,
  userHidden: 10,
}
const graph = new Graph()
const shape = { items: 7, batch: 2, columns: 4, temperature: 0.1, dropout: 0.2, useIds: true }
twoTowerLoss(graph, architecture, shape)
const specs = graph.parameters.map(spec => ({ ...spec, initialise: normal(0.3) }))
const parameters = Parameters.initialise(specs, 3)
const drawn = (length: number, key: number) => Float32Array.from({ length }, (_, index) => normalAt(key, index))

function expectClose(found: ArrayLike<number>, wanted: ArrayLike<number>): void {
  const worst = Math.max(...Array.from(found, (value, index) => Math.abs(value - wanted[index])))
  expect(worst).toBeLessThan(1e-5)
}

describe('the exported towers', () => {
  it('give for an item what the kernel without onnxruntime gives, with and without an id', async () => {
    const rows = 30
    const features = drawn(rows * architecture.itemFeatures, 1)
    const ids = drawn(rows * architecture.dimension, 2)
    const tower = await ItemTower.open(exportItemTower(architecture, parameters), { architecture })
    const kernel = new ItemTowerKernel(architecture, packItemTower(parameters))
    for (const id of [ids, undefined]) {
      const vectors = await tower.encode(features, id)
      const found = new Float32Array(vectors.length)
      for (let row = 0; row < rows; row++) {
        const own = features.subarray(row * architecture.itemFeatures, (row + 1) * architecture.itemFeatures)
        const out = found.subarray(row * 8, (row + 1) * 8)
        kernel.encode(own, out, id?.subarray(row * 8, (row + 1) * 8))
        expect(Math.hypot(...out)).toBeCloseTo(1, 5)
      }
      expectClose(found, vectors)
    }
    await tower.close()
  })

  it('give a person to a tower that was trained before a feature was added without it', async () => {
    const older = new Graph()
    older.input('pooled', ['rows', pooledWidth(architecture)])
    older.output('vectors', scale(older.input('features', ['rows', 3]), 2))
    const tower = await UserTower.open(older.build('older'), { architecture })
    const features = drawn(2 * userFeatureWidth, 5)
    const vectors = await tower.encode(new Float32Array(2 * pooledWidth(architecture)), features)
    const first = [0, 1, 2, userFeatureWidth, userFeatureWidth + 1, userFeatureWidth + 2]
    expectClose(
      vectors,
      first.map(at => 2 * features[at]),
    )
    await tower.close()
  })

  it('give for a person the same alone and within a batch, always the same', async () => {
    const rows = 6
    const pooled = drawn(rows * pooledWidth(architecture), 4)
    const features = drawn(rows * userFeatureWidth, 5)
    const tower = await UserTower.open(exportUserTower(architecture, parameters), { architecture })
    const together = await tower.encode(pooled, features)
    expect(await tower.encode(pooled, features)).toEqual(together)
    const alone = await tower.encode(pooled.slice(0, pooledWidth(architecture)), features.slice(0, userFeatureWidth))
    expectClose(alone, together.subarray(0, 8))
    await tower.close()
  })

  it('are the towers of the training graph', async () => {
    const fixed = new Graph({ weights: parameters })
    const pooled = fixed.input('pooled', [2, pooledWidth(architecture)])
    fixed.output('vectors', userTower(fixed, architecture, pooled, fixed.input('features', [2, userFeatureWidth])))
    const session = await openSession(fixed.build('fixed'), { threads: 1 })
    const [means, features] = [drawn(2 * pooledWidth(architecture), 6), drawn(2 * userFeatureWidth, 7)]
    const feeds = {
      pooled: tensor(means, [2, pooledWidth(architecture)]),
      features: tensor(features, [2, userFeatureWidth]),
    }
    const tower = await UserTower.open(exportUserTower(architecture, parameters), { architecture })
    expectClose(await tower.encode(means, features), (await run(session, feeds, ['vectors'])).vectors)
    await tower.close()
  })

  it('refuse weights of another shape', () => {
    expect(() => new ItemTowerKernel(architecture, new Float32Array(3))).toThrow(RangeError)
  })
})

describe('a pooled history', () => {
  it('is the weighted mean with fading, newest first, cut at its length', () => {
    const vectors = drawn(8 * 9, 8)
    const weights = [1, -1, 2.5, 1, 1, 1, 1]
    const pooled = new Float32Array(pooledWidth(architecture))
    poolHistory(
      architecture,
      {
        length: weights.length,
        weightAt: entry => weights[entry],
        addVector(entry, factor, out, at) {
          for (let d = 0; d < 8; d++) out[at + d] += factor * vectors[entry * 8 + d]
        },
      },
      pooled,
    )
    const factors = weights.slice(0, 5).map((weight, entry) => weight * 0.5 ** entry)
    const total = factors.reduce((sum, factor) => sum + Math.abs(factor), 0)
    const wanted = Array.from({ length: 8 }, (_, d) =>
      factors.reduce((sum, factor, entry) => sum + (factor / total) * vectors[entry * 8 + d], 0),
    )
    expectClose(pooled.subarray(0, 8), wanted)
  })

  it('of nobody is zeros that say so', () => {
    const pooled = new Float32Array(pooledWidth(architecture)).fill(9)
    poolHistory(architecture, { length: 0, weightAt: () => 1, addVector: () => {} }, pooled)
    expect([...pooled]).toEqual([...new Float32Array(pooled.length - 1), 1])
  })

  it('has the factors that training multiplies with', () => {
    const out = new Float32Array(10).fill(9)
    writePoolingFactors(architecture, 2, () => 1, out)
    expectClose(out, [2 / 3, 1 / 3, 0, 0, 0, 1 / 1.9, 0.9 / 1.9, 0, 0, 0])
  })
})

describe('what is known of a person', () => {
  it('sets one column per name, and nothing for what is unknown', () => {
    const row = new Float32Array(userFeatureWidth)
    writeUserFeatures({ ageBand: '25-34', region: 'de' }, {}, row)
    const set = Array.from(row.keys()).filter(column => row[column] !== 0)
    expect(set).toEqual([profileColumn('ageBand', '25-34'), profileColumn('region', 'de')])
    writeUserFeatures({}, { hour: 6, deviceClass: 2 }, row)
    expect(row.filter(value => Math.abs(value) > 1e-6).length).toBe(2)
  })
})
