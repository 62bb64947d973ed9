/**
 * The item tower without onnxruntime: a few dense layers over arrays, for the one caller that cannot wait, the catalogue,
 * which writes the vector of a new item in the same turn as the item. It equals the exported tower up to rounding.
 *
 * Invariant: the result depends on the arguments only, on every thread.
 */
import type { TowerWeights, TwoTowerArchitecture } from './towers.ts'

const names = ['item.hidden.weight', 'item.hidden.bias', 'item.output.weight', 'item.output.bias', 'item.wide'] as const

type PartViews = Readonly<Record<(typeof names)[number], Float32Array>>

export type ItemTowerShape = Pick<TwoTowerArchitecture, 'itemFeatures' | 'itemHidden' | 'dimension'>

/** All weights of the item tower one after another, for a file beside the ONNX model. */
export function packItemTower(weights: TowerWeights): Float32Array<ArrayBuffer> {
  const parts = names.map(name => weights.view(name))
  const packed = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    packed.set(part, at)
    at += part.length
  }
  return packed
}

export class ItemTowerKernel {
  readonly dimension: number
  readonly itemFeatures: number
  readonly #hidden: Float32Array
  readonly #parts: PartViews

  /** @param packed from `packItemTower`; read where it lies @throws RangeError when it does not fit the shape */
  constructor({ itemFeatures, itemHidden, dimension }: ItemTowerShape, packed: Float32Array) {
    const sizes = [itemFeatures * itemHidden, itemHidden, itemHidden * dimension, dimension, itemFeatures * dimension]
    const total = sizes.reduce((sum, size) => sum + size, 0)
    if (packed.length !== total)
      throw new RangeError(`an item tower of this shape has ${total} weights, there are ${packed.length}`)
    let at = 0
    const cut = (size: number) => {
      at += size
      return packed.subarray(at - size, at)
    }
    this.#parts = Object.fromEntries(names.map((name, index) => [name, cut(sizes[index])])) as PartViews
    this.dimension = dimension
    this.itemFeatures = itemFeatures
    this.#hidden = new Float32Array(itemHidden)
  }

  /**
   * Writes the unit vector of one item to `out` [dimension].
   * @param features [itemFeatures] as `writeItemFeatures` lays them out @param id what its id adds; absent for a new item
   */
  encode(features: Float32Array, out: Float32Array, id?: ArrayLike<number>): void {
    const parts = this.#parts
    const hidden = this.#hidden
    hidden.set(parts['item.hidden.bias'])
    addProduct(features, parts['item.hidden.weight'], hidden)
    for (let index = 0; index < hidden.length; index++) if (hidden[index] < 0) hidden[index] = 0
    out.set(parts['item.output.bias'])
    addProduct(hidden, parts['item.output.weight'], out)
    addProduct(features, parts['item.wide'], out)
    let squares = 1e-12
    for (let index = 0; index < out.length; index++) {
      if (id !== undefined) out[index] += id[index]
      squares += out[index] * out[index]
    }
    const scale = 1 / Math.sqrt(squares)
    for (let index = 0; index < out.length; index++) out[index] *= scale
  }
}

/** Adds x [n] · weight [n, m] to out [m]; most features are 0 and cost nothing. */
function addProduct(x: Float32Array, weight: Float32Array, out: Float32Array): void {
  const width = out.length
  for (let row = 0; row < x.length; row++) {
    const value = x[row]
    if (value === 0) continue
    const begin = row * width
    for (let column = 0; column < width; column++) out[column] += value * weight[begin + column]
  }
}
