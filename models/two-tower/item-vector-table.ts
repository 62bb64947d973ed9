/** The vectors of a whole catalogue at the present weights of the item tower. */
import type { Parameters } from '../engine/parameters.ts'
import { type Feeds, openSession, run, type Session, tensor } from '../engine/session.ts'
import { Graph } from '../graph/graph.ts'
import { idTable, itemTower, type TwoTowerArchitecture } from './towers.ts'

const rowsPerRun = 4096

/** A catalogue as its tower takes it. */
export interface TowerItems {
  readonly items: number
  /** [items × itemFeatures] */
  readonly features: Float32Array
}

export class ItemVectorTable {
  /** [items × dimension], unit rows as of the last `renew`. */
  readonly vectors: Float32Array
  readonly #features: Float32Array
  readonly #architecture: TwoTowerArchitecture
  readonly #session: Session
  /** Zeros, for models without ids. */
  readonly #noIds: Float32Array

  private constructor({ items, features }: TowerItems, architecture: TwoTowerArchitecture, session: Session) {
    const { dimension } = architecture
    this.#features = features
    this.#architecture = architecture
    this.#session = session
    this.vectors = new Float32Array(items * dimension)
    this.#noIds = new Float32Array(rowsPerRun * dimension)
  }

  static async open(catalogue: TowerItems, architecture: TwoTowerArchitecture, threads: number) {
    const graph = new Graph()
    const rows = graph.input('features', ['rows', architecture.itemFeatures])
    graph.output('vectors', itemTower(graph, architecture, rows, graph.input('id', ['rows', architecture.dimension])))
    const session = await openSession(graph.build('items'), { threads })
    return new ItemVectorTable(catalogue, architecture, session)
  }

  async renew(parameters: Parameters): Promise<void> {
    const { itemFeatures, dimension } = this.#architecture
    const items = this.vectors.length / dimension
    const isTower = ({ name }: { readonly name: string }) => this.#session.inputNames.includes(name)
    const weights: Feeds = {}
    for (const { name, shape } of parameters.specs.filter(isTower)) weights[name] = tensor(parameters.view(name), shape)
    const ids = parameters.specs.some(({ name }) => name === idTable) ? parameters.view(idTable) : undefined
    for (let begin = 0; begin < items; begin += rowsPerRun) {
      const end = Math.min(items, begin + rowsPerRun)
      const id = ids
        ? ids.subarray(begin * dimension, end * dimension)
        : this.#noIds.subarray(0, (end - begin) * dimension)
      const features = this.#features.subarray(begin * itemFeatures, end * itemFeatures)
      const feeds = {
        ...weights,
        ...(itemFeatures > 0 && { features: tensor(features, [end - begin, itemFeatures]) }),
        id: tensor(id, [end - begin, dimension]),
      }
      this.vectors.set((await run(this.#session, feeds, ['vectors'])).vectors, begin * dimension)
    }
  }

  close(): Promise<void> {
    return this.#session.release()
  }
}
