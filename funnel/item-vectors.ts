import type { Item } from '../domain/item.ts'
import type { VectorSpaceWriter } from '../domain/shared/vector-space.ts'
import type { PerSpace } from '../features/vector-spaces.ts'
import { describeItem } from '../models/two-tower/descriptions.ts'
import { writeItemFeatures } from '../models/two-tower/item-features.ts'
import { ItemTowerKernel } from '../models/two-tower/item-tower-kernel.ts'
import { contentDocument } from './content-document.ts'
import type { ModelSetContents, TwoTowerContents } from './model-set-files.ts'

/** Spaces in which an item has a vector because it was met in training. */
const trainedSpaces = ['collaborative', 'sequence'] as const

/**
 * Writes the vectors of items, a function of the model set and of the item's facts. Text and tower vectors follow from
 * the facts, so that a title has them the moment it comes; the others only what was met in training has.
 */
export class ItemVectors {
  private readonly contents: ModelSetContents
  private readonly spaces: PerSpace<VectorSpaceWriter>
  private readonly content: Float32Array
  private readonly tower: TowerWriter | null

  constructor(contents: ModelSetContents, spaces: PerSpace<VectorSpaceWriter>) {
    this.contents = contents
    this.spaces = spaces
    this.content = new Float32Array(contents.content.dimension)
    this.tower = contents.twoTower === null ? null : new TowerWriter(contents.twoTower, spaces.twoTower)
  }

  /** @param place of the item in the vocabulary, −1 for what training did not meet */
  write(row: number, item: Item, place: number): void {
    const { content, spaces } = this
    const hasContent = this.contents.content.encode(contentDocument(item), content)
    if (hasContent) spaces.content.write(row, content)
    else spaces.content.clear(row)
    this.tower?.write(row, item, hasContent ? content : undefined, place)
    for (const space of trainedSpaces) this.writeTrained(space, row, place)
  }

  private writeTrained(space: (typeof trainedSpaces)[number], row: number, place: number): void {
    const trained = this.contents[space]
    if (trained === null) return
    const vector = place < 0 ? null : rowOf(trained.vectors, trained.dimension, place)
    if (vector === null || vector.every(x => x === 0)) this.spaces[space].clear(row)
    else this.spaces[space].write(row, vector)
  }
}

class TowerWriter {
  private readonly contents: TwoTowerContents
  private readonly space: VectorSpaceWriter
  private readonly kernel: ItemTowerKernel
  private readonly features: Float32Array
  private readonly vector: Float32Array

  constructor(contents: TwoTowerContents, space: VectorSpaceWriter) {
    this.contents = contents
    this.space = space
    this.kernel = new ItemTowerKernel(contents.architecture, contents.itemTower)
    this.features = new Float32Array(contents.architecture.itemFeatures)
    this.vector = new Float32Array(contents.dimension)
  }

  write(row: number, item: Item, content: Float32Array | undefined, place: number): void {
    const { dimension, ids, layout } = this.contents
    writeItemFeatures(layout, describeItem(item, content), this.features)
    this.kernel.encode(this.features, this.vector, place < 0 ? undefined : rowOf(ids, dimension, place))
    this.space.write(row, this.vector)
  }
}

function rowOf(matrix: Float32Array, width: number, row: number): Float32Array {
  return matrix.subarray(row * width, (row + 1) * width)
}
