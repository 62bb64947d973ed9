/**
 * A fixed number of scalars and several growing lists of fixed-width records, all in one Float64Array. A typed array
 * costs 300 to 400 bytes beside its data, so a user of seven small arrays would be mostly overhead.
 *
 * Invariants
 * 1. Layout: scalars, then offset and length of each list, then the lists in the order of the shape, without overlap.
 * 2. The records of a list are contiguous, oldest first. What lies behind its length is garbage and never read.
 * 3. Capacities are not part of the meaning: equal scalars and equal records are equal, whatever room is behind them.
 */
export interface RecordShape {
  readonly scalars: number
  /** Numbers per record, by list. */
  readonly widths: readonly number[]
}

const firstCapacity = 4

export class PackedRecords {
  readonly shape: RecordShape
  /** Replaced when a list grows: do not hold on to it, or to an offset, across `append`. */
  data: Float64Array

  constructor(shape: RecordShape) {
    this.shape = shape
    const start = shape.scalars + 2 * shape.widths.length
    this.data = new Float64Array(start)
    for (let list = 0; list < shape.widths.length; list++) this.data[shape.scalars + 2 * list] = start
  }

  /** Records in `list`. */
  length(list: number): number {
    return this.data[this.shape.scalars + 2 * list + 1]
  }

  /** Index in `data` of the first number of `list`. */
  offset(list: number): number {
    return this.data[this.shape.scalars + 2 * list]
  }

  isFull(list: number): boolean {
    return this.length(list) * this.shape.widths[list] === this.#end(list) - this.offset(list)
  }

  /** Makes room for one record at the end of `list` and returns its index in `data`; the caller writes it. */
  append(list: number): number {
    const length = this.length(list)
    if (this.isFull(list)) this.#grow(list, Math.max(firstCapacity, 2 * length))
    this.data[this.shape.scalars + 2 * list + 1] = length + 1
    return this.offset(list) + length * this.shape.widths[list]
  }

  /** Takes out `removed` records from `index` on; later ones move up. */
  remove(list: number, index: number, removed = 1): void {
    const width = this.shape.widths[list]
    const offset = this.offset(list)
    const length = this.length(list)
    if (index + removed < length) {
      const at = offset + index * width
      this.data.copyWithin(at, at + removed * width, offset + length * width)
    }
    this.data[this.shape.scalars + 2 * list + 1] = length - removed
  }

  /** Drops the oldest records until at most `most` are left. */
  keepNewest(list: number, most: number): void {
    const surplus = this.length(list) - most
    if (surplus > 0) this.remove(list, 0, surplus)
  }

  truncate(list: number, length: number): void {
    this.data[this.shape.scalars + 2 * list + 1] = length
  }

  #end(list: number): number {
    return list + 1 < this.shape.widths.length ? this.offset(list + 1) : this.data.length
  }

  #grow(list: number, capacity: number): void {
    const end = this.#end(list)
    const more = this.offset(list) + capacity * this.shape.widths[list] - end
    const grown = new Float64Array(this.data.length + more)
    grown.set(this.data.subarray(0, end))
    grown.set(this.data.subarray(end), end + more)
    for (let later = list + 1; later < this.shape.widths.length; later++) {
      grown[this.shape.scalars + 2 * later] += more
    }
    this.data = grown
  }
}
