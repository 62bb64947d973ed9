import type { PackedRecords } from './packed-records.ts'

const hole = -1
/** Up to here a scan is as fast as a hash table, and a light user needs none. */
const scanLengthMax = 32
/** Compacting is linear: it waits for this share of holes, which makes it constant per added item. */
const holeShare = 0.2

/**
 * The seen items of one user: exact for the most recently added, the oldest forgotten. Adding an item again makes it
 * the newest. Membership and adding take constant time.
 *
 * Invariants
 * 1. The log (one list of the user's records) holds every item once, oldest first, with holes where an item moved on.
 * 2. The table, when there is one, holds log position + 1 of every item and of nothing else; 0 is a free slot.
 * 3. Equal sequences of items behave alike, wherever their holes are; after `compact` there are none.
 */
export class SeenSet {
  readonly #records: PackedRecords
  readonly #list: number
  #table: Uint32Array | undefined
  #shift = 0
  #size: number
  /** No item lies before this log position. */
  #head = 0

  /** Takes over a list of records of width 1 that has no holes. */
  constructor(records: PackedRecords, list: number) {
    this.#records = records
    this.#list = list
    this.#size = records.length(list)
    this.#index()
  }

  get size(): number {
    return this.#size
  }

  has(item: number): boolean {
    return this.#find(item) >= 0
  }

  add(item: number, limit: number): void {
    const position = this.#find(item)
    if (position >= 0) {
      if (position === this.#records.length(this.#list) - 1) return
      this.#removeAt(position)
    }
    while (this.#size >= limit) this.#removeAt(this.#oldest())
    if (this.#records.isFull(this.#list)) this.#makeRoom()
    const at = this.#records.append(this.#list)
    this.#records.data[at] = item
    this.#size++
    const length = this.#records.length(this.#list)
    if (length <= scanLengthMax) return
    if (this.#table === undefined || this.#table.length < 2 * length) this.#index()
    else this.#insert(length - 1)
  }

  /** Writes the items, oldest first, from `out[at]` on. */
  copyInto(out: Uint32Array, at: number): void {
    const { data } = this.#records
    const offset = this.#records.offset(this.#list)
    const end = offset + this.#records.length(this.#list)
    for (let i = offset; i < end; i++) if (data[i] !== hole) out[at++] = data[i]
  }

  /** Closes the holes, so that the list is the items and nothing else. */
  compact(): void {
    const length = this.#records.length(this.#list)
    if (length === this.#size) return
    const { data } = this.#records
    const offset = this.#records.offset(this.#list)
    let kept = offset
    for (let i = offset; i < offset + length; i++) if (data[i] !== hole) data[kept++] = data[i]
    this.#records.truncate(this.#list, kept - offset)
    this.#head = 0
    this.#index()
  }

  #makeRoom(): void {
    const length = this.#records.length(this.#list)
    if (length - this.#size >= length * holeShare) this.compact()
  }

  #oldest(): number {
    const { data } = this.#records
    const offset = this.#records.offset(this.#list)
    while (data[offset + this.#head] === hole) this.#head++
    return this.#head
  }

  #removeAt(position: number): void {
    const at = this.#records.offset(this.#list) + position
    if (this.#table !== undefined) this.#unindex(this.#records.data[at])
    this.#records.data[at] = hole
    this.#size--
  }

  /** Log position of `item`, or −1. */
  #find(item: number): number {
    const { data } = this.#records
    const offset = this.#records.offset(this.#list)
    const table = this.#table
    if (table === undefined) {
      for (let i = this.#records.length(this.#list) - 1; i >= 0; i--) if (data[offset + i] === item) return i
      return -1
    }
    for (let slot = this.#home(item); table[slot] !== 0; slot = (slot + 1) & (table.length - 1)) {
      if (data[offset + table[slot] - 1] === item) return table[slot] - 1
    }
    return -1
  }

  /** Multiplicative hashing (Knuth, The Art of Computer Programming, volume 3, section 6.4). */
  #home(item: number): number {
    return Math.imul(item, 0x9e3779b1) >>> this.#shift
  }

  #index(): void {
    const length = this.#records.length(this.#list)
    this.#table = undefined
    if (length <= scanLengthMax) return
    const bits = 32 - Math.clz32(2 * length)
    this.#table = new Uint32Array(2 ** bits)
    this.#shift = 32 - bits
    const offset = this.#records.offset(this.#list)
    for (let i = 0; i < length; i++) if (this.#records.data[offset + i] !== hole) this.#insert(i)
  }

  #insert(position: number): void {
    const table = this.#table!
    let slot = this.#home(this.#records.data[this.#records.offset(this.#list) + position])
    while (table[slot] !== 0) slot = (slot + 1) & (table.length - 1)
    table[slot] = position + 1
  }

  /** Linear probing without tombstones (Knuth, section 6.4, algorithm R): later entries of the run close the gap. */
  #unindex(item: number): void {
    const table = this.#table!
    const mask = table.length - 1
    const { data } = this.#records
    const offset = this.#records.offset(this.#list)
    let gap = this.#home(item)
    while (data[offset + table[gap] - 1] !== item) gap = (gap + 1) & mask
    for (let slot = (gap + 1) & mask; table[slot] !== 0; slot = (slot + 1) & mask) {
      const home = this.#home(data[offset + table[slot] - 1])
      if (((slot - home) & mask) >= ((slot - gap) & mask)) {
        table[gap] = table[slot]
        gap = slot
      }
    }
    table[gap] = 0
  }
}
