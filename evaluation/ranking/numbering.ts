/** Numbers the values of one kind from 0, in the order in which they come. */
export class Numbering {
  readonly #numbers = new Map<string, number>()

  of(value: unknown): number {
    const key = String(value)
    const known = this.#numbers.get(key)
    if (known !== undefined) return known
    this.#numbers.set(key, this.#numbers.size)
    return this.#numbers.size - 1
  }

  get size(): number {
    return this.#numbers.size
  }
}
