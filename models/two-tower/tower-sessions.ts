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

  private constructor(session: Session, architecture: TwoTowerArchitecture) {
    this.#session = session
    this.architecture = architecture
  }

  static async open(onnx: Uint8Array, { architecture }: TwoTowerConfig, threads = 1): Promise<UserTower> {
    return new UserTower(await openSession(onnx, { threads }), architecture)
  }

  /**
   * Unit vectors [rows, dimension].
   * @param pooled [rows, pooledWidth] by `poolHistory` @param features [rows, userFeatureWidth] by `writeUserFeatures`
   */
  async encode(pooled: Float32Array, features: Float32Array): Promise<Float32Array> {
    const rows = features.length / userFeatureWidth
    const feeds = {
      pooled: tensor(pooled, [rows, pooledWidth(this.architecture)]),
      features: tensor(features, [rows, userFeatureWidth]),
    }
    return (await run(this.#session, feeds, ['vectors'])).vectors
  }

  close(): Promise<void> {
    return this.#session.release()
  }
}
