/** The exported towers as they serve, in batches. */
import { openSession, run, type Session, tensor } from '../engine/session.ts'
import { pooledWidth } from './history-pooling.ts'
import type { TwoTowerArchitecture } from './towers.ts'
import { userFeatureWidth } from './user-features.ts'

/** What the JSON beside the models says. */
export interface TwoTowerConfig {
  readonly architecture: TwoTowerArchitecture
}

export class ItemTower {
  readonly #session: Session
  readonly #architecture: TwoTowerArchitecture

  private constructor(session: Session, architecture: TwoTowerArchitecture) {
    this.#session = session
    this.#architecture = architecture
  }

  static async open(onnx: Uint8Array, { architecture }: TwoTowerConfig, threads = 1): Promise<ItemTower> {
    return new ItemTower(await openSession(onnx, { threads }), architecture)
  }

  /**
   * Unit vectors [rows, dimension].
   * @param features [rows, itemFeatures] @param ids what ids add [rows, dimension]; absent for new items
   */
  async encode(features: Float32Array, ids?: Float32Array): Promise<Float32Array> {
    const { itemFeatures, dimension } = this.#architecture
    const rows = features.length / itemFeatures
    const id = tensor(ids ?? new Float32Array(rows * dimension), [rows, dimension])
    const feeds = { features: tensor(features, [rows, itemFeatures]), id }
    return (await run(this.#session, feeds, ['vectors'])).vectors
  }

  close(): Promise<void> {
    return this.#session.release()
  }
}

export class UserTower {
  readonly architecture: TwoTowerArchitecture
  readonly #session: Session
  /** Columns of features that this tower was trained with. */
  readonly #featureWidth: number

  private constructor(session: Session, architecture: TwoTowerArchitecture, featureWidth: number) {
    this.#session = session
    this.architecture = architecture
    this.#featureWidth = featureWidth
  }

  static async open(onnx: Uint8Array, { architecture }: TwoTowerConfig, threads = 1): Promise<UserTower> {
    const session = await openSession(onnx, { threads })
    return new UserTower(session, architecture, inputWidth(session, 'features') ?? userFeatureWidth)
  }

  /**
   * Unit vectors [rows, dimension].
   * @param pooled [rows, pooledWidth] by `poolHistory` @param features [rows, userFeatureWidth] by `writeUserFeatures`; of
   * columns that were added since the tower was trained it takes no notice
   */
  async encode(pooled: Float32Array, features: Float32Array): Promise<Float32Array> {
    const width = this.#featureWidth
    const rows = features.length / userFeatureWidth
    const known = width === userFeatureWidth ? features : firstColumns(features, userFeatureWidth, width)
    const feeds = {
      pooled: tensor(pooled, [rows, pooledWidth(this.architecture)]),
      features: tensor(known, [rows, width]),
    }
    return (await run(this.#session, feeds, ['vectors'])).vectors
  }

  close(): Promise<void> {
    return this.#session.release()
  }
}

/** Columns of a matrix that a session takes, where its model says so. */
function inputWidth({ inputMetadata }: Session, name: string): number | undefined {
  const input = inputMetadata.find(value => value.name === name)
  const width = input?.isTensor ? input.shape.at(-1) : undefined
  return typeof width === 'number' ? width : undefined
}

function firstColumns(matrix: Float32Array, from: number, to: number): Float32Array {
  const rows = matrix.length / from
  const out = new Float32Array(rows * to)
  for (let row = 0; row < rows; row++) out.set(matrix.subarray(row * from, row * from + to), row * to)
  return out
}
