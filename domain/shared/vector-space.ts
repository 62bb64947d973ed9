/**
 * The vectors of one space, by row of the item table, in shared memory.
 *
 * Invariants
 * 1. One writer. A row's presence byte is set (Atomics.store) after its vector is complete, so a reader that finds a
 *    row present reads the whole vector.
 * 2. A row's vector is not overwritten while a reader may use the row: a changed item has a new row. The writer clears
 *    a reclaimed row, or writes it, before the table publishes it again to a reader.
 * 3. An inner product adds in one fixed order, so it has the same bits in every thread and on every machine.
 */
import type { VectorReader } from '../item-table/item-reader.ts'
import { commitEntry, committedEntries, reserveMemory } from './reserved-memory.ts'

/** Give these to a thread once: the space grows inside them. */
export interface VectorSpaceHandles {
  readonly dimension: number
  readonly vectors: SharedArrayBuffer
  readonly presence: SharedArrayBuffer
}

const presenceBytes = 1

export class VectorSpaceReader implements VectorReader {
  readonly dimension: number
  private readonly handles: VectorSpaceHandles
  private vectors: Float32Array
  private presence: Uint8Array

  constructor(handles: VectorSpaceHandles) {
    this.dimension = handles.dimension
    this.handles = handles
    this.vectors = new Float32Array(handles.vectors, 0, 0)
    this.presence = new Uint8Array(handles.presence, 0, 0)
  }

  has(row: number): boolean {
    if (row >>> 0 >= this.presence.length && !this.view(row)) return false
    return Atomics.load(this.presence, row) === 1
  }

  dot(row: number, query: Float32Array): number {
    this.checkLength(query.length)
    return this.has(row) ? innerProduct(this.vectors, row * this.dimension, query, 0, this.dimension) : 0
  }

  dotRows(a: number, b: number): number {
    if (!this.has(a) || !this.has(b)) return 0
    return innerProduct(this.vectors, a * this.dimension, this.vectors, b * this.dimension, this.dimension)
  }

  /** Leaves `out` as it is and returns false when the row has no vector. */
  copyInto(row: number, out: Float32Array, offset: number): boolean {
    if (!this.has(row)) return false
    this.checkLength(Math.min(this.dimension, out.length - offset))
    const start = row * this.dimension
    for (let i = 0; i < this.dimension; i++) out[offset + i] = this.vectors[start + i]
    return true
  }

  /** The writer commits vectors before presence, so the end of presence holds for both. */
  private view(row: number): boolean {
    const rows = committedEntries(this.handles.presence, presenceBytes)
    if (row >>> 0 >= rows) return false
    this.vectors = new Float32Array(this.handles.vectors, 0, rows * this.dimension)
    this.presence = new Uint8Array(this.handles.presence, 0, rows)
    return true
  }

  private checkLength(length: number): void {
    if (length !== this.dimension) throw new RangeError(`the space has ${this.dimension} dimensions, not ${length}`)
  }
}

export class VectorSpaceWriter {
  /** For this thread; others build their own from `handles()`. */
  readonly reader: VectorSpaceReader
  private readonly shared: VectorSpaceHandles
  private readonly rowsMax: number
  private vectors: Float32Array = new Float32Array(0)
  private presence: Uint8Array = new Uint8Array(0)

  /** `rowsMax` is that of the item table. Rows without a vector use addresses, not memory. */
  constructor(dimension: number, rowsMax: number) {
    this.rowsMax = rowsMax
    this.shared = {
      dimension,
      vectors: reserveMemory(rowsMax, dimension * 4),
      presence: reserveMemory(rowsMax, presenceBytes),
    }
    this.reader = new VectorSpaceReader(this.shared)
  }

  /** Good for the life of the space. */
  handles(): VectorSpaceHandles {
    return this.shared
  }

  /** Throws a RangeError when the row or the vector's length does not fit the space. */
  write(row: number, vector: ArrayLike<number>): void {
    const { dimension } = this.shared
    if (vector.length !== dimension) {
      throw new RangeError(`the space has ${dimension} dimensions, the vector ${vector.length}`)
    }
    if (!(row >= 0 && row < this.rowsMax))
      throw new RangeError(`row ${row} is outside the ${this.rowsMax} of the space`)
    if (row >= this.presence.length) this.commit(row)
    const start = row * dimension
    for (let i = 0; i < dimension; i++) this.vectors[start + i] = vector[i]
    Atomics.store(this.presence, row, 1)
  }

  clear(row: number): void {
    if (row < this.presence.length) Atomics.store(this.presence, row, 0)
  }

  private commit(row: number): void {
    const { dimension, vectors, presence } = this.shared
    commitEntry(vectors, row, dimension * 4)
    commitEntry(presence, row, presenceBytes)
    const rows = committedEntries(presence, presenceBytes)
    this.vectors = new Float32Array(vectors, 0, rows * dimension)
    this.presence = new Uint8Array(presence, 0, rows)
  }
}

/** Four running sums over i mod 4, added pairwise at the end, in double precision. */
function innerProduct(a: Float32Array, aStart: number, b: Float32Array, bStart: number, length: number): number {
  let sum0 = 0
  let sum1 = 0
  let sum2 = 0
  let sum3 = 0
  let i = 0
  for (; i + 3 < length; i += 4) {
    const x = aStart + i
    const y = bStart + i
    sum0 += a[x] * b[y]
    sum1 += a[x + 1] * b[y + 1]
    sum2 += a[x + 2] * b[y + 2]
    sum3 += a[x + 3] * b[y + 3]
  }
  for (; i < length; i++) sum0 += a[aStart + i] * b[bStart + i]
  return sum0 + sum1 + (sum2 + sum3)
}
