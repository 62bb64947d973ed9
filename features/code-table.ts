const firstSlots = 256
const free = 0

/**
 * Numbers a few codes in the order they are added; refilled for every request without allocating. Codes are 1 and up.
 * Open addressing with linear probing at a load of at most one half.
 */
export class CodeTable {
  #codes = new Uint32Array(firstSlots)
  #indices = new Uint16Array(firstSlots)
  #shift = 32 - Math.log2(firstSlots)
  #count = 0

  /** Forgets everything; up to `capacity` different codes may then be added. */
  clear(capacity: number): void {
    this.#count = 0
    if (this.#codes.length >= 2 * capacity) {
      this.#codes.fill(free)
      return
    }
    const bits = 32 - Math.clz32(2 * capacity)
    this.#codes = new Uint32Array(2 ** bits)
    this.#indices = new Uint16Array(2 ** bits)
    this.#shift = 32 - bits
  }

  /** Position of `code`, a new one when it was not there. */
  add(code: number): number {
    const slot = this.#slotOf(code)
    if (this.#codes[slot] === free) {
      this.#codes[slot] = code
      this.#indices[slot] = this.#count++
    }
    return this.#indices[slot]
  }

  /** Position of `code`, or −1. */
  find(code: number): number {
    const slot = this.#slotOf(code)
    return this.#codes[slot] === free ? -1 : this.#indices[slot]
  }

  #slotOf(code: number): number {
    const codes = this.#codes
    const mask = codes.length - 1
    let slot = Math.imul(code, 0x9e3779b1) >>> this.#shift
    while (codes[slot] !== free && codes[slot] !== code) slot = (slot + 1) & mask
    return slot
  }
}
