/**
 * A map from uint32 keys to uint32 values in two typed arrays: open addressing, linear probing, Fibonacci hashing
 * (Knuth, TAOCP vol. 3, 6.4). It never allocates per entry, so it serves on request paths where a `Map` would not.
 *
 * Invariants
 * 1. A place is free exactly when its value is `FREE`; therefore values lie below 2^32 - 1, and any uint32 is a key.
 * 2. No free place lies between a key's home and the place where it stands; `delete` closes the gap it leaves.
 * 3. At most half of the places are taken.
 */
const FREE = 0xffffffff

export class Uint32Map {
  private keys: Uint32Array
  private values: Uint32Array
  private shift: number
  private count = 0

  /** @param expected number of entries that fit before the table grows for the first time */
  constructor(expected = 8) {
    const bits = Math.max(4, 32 - Math.clz32(2 * expected))
    this.keys = new Uint32Array(1 << bits)
    this.values = new Uint32Array(1 << bits).fill(FREE)
    this.shift = 32 - bits
  }

  get size(): number {
    return this.count
  }

  /** The value of `key`, or -1. */
  get(key: number): number {
    const value = this.values[this.find(key)]!
    return value === FREE ? -1 : value
  }

  set(key: number, value: number): void {
    let place = this.find(key)
    if (this.values[place] === FREE) {
      if (2 * (this.count + 1) > this.keys.length) {
        this.grow()
        place = this.find(key)
      }
      this.keys[place] = key
      this.count++
    }
    this.values[place] = value
  }

  /** Removes `key`; false when it was not there. */
  delete(key: number): boolean {
    const { keys, values, shift } = this
    const mask = keys.length - 1
    let gap = this.find(key)
    if (values[gap] === FREE) return false
    for (let next = (gap + 1) & mask; values[next] !== FREE; next = (next + 1) & mask) {
      const home = Math.imul(keys[next]!, 0x9e3779b1) >>> shift
      // An entry may move back into the gap only if the gap is not before its home, seen around the ring.
      if (((next - home) & mask) >= ((next - gap) & mask)) {
        keys[gap] = keys[next]!
        values[gap] = values[next]!
        gap = next
      }
    }
    values[gap] = FREE
    this.count--
    return true
  }

  /** Forgets everything; costs one fill of the table (4 bytes a place). */
  clear(): void {
    this.values.fill(FREE)
    this.count = 0
  }

  private find(key: number): number {
    const { keys, values } = this
    const mask = keys.length - 1
    let place = Math.imul(key, 0x9e3779b1) >>> this.shift
    while (values[place] !== FREE && keys[place] !== key) place = (place + 1) & mask
    return place
  }

  private grow(): void {
    const { keys, values } = this
    this.keys = new Uint32Array(2 * keys.length)
    this.values = new Uint32Array(2 * keys.length).fill(FREE)
    this.shift--
    for (let old = 0; old < keys.length; old++) {
      if (values[old] === FREE) continue
      const place = this.find(keys[old]!)
      this.keys[place] = keys[old]!
      this.values[place] = values[old]!
    }
  }
}
