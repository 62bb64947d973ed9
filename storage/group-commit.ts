interface Waiting<T> {
  readonly item: T
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** Enough for a thousand large records, and short enough that one transaction does not hold up the next for long. */
const groupBytesMax = 32 * 1024 * 1024

/**
 * Writes one group at a time: what is submitted meanwhile forms the next one.
 *
 * 1. Items are written, and their submissions settled, in the order of the calls.
 * 2. A group that fails rejects all its items, and nobody else's.
 */
export class GroupCommit<T extends { readonly bytes: number }> {
  readonly #write: (group: readonly T[]) => Promise<void>
  readonly #waiting: Waiting<T>[] = []
  #writing: Promise<void> | undefined

  constructor(write: (group: readonly T[]) => Promise<void>) {
    this.#write = write
  }

  /** Resolves when the item is written. */
  submit(item: T): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject })
      this.#writing ??= this.#writeAll()
    })
  }

  /** Resolves when everything submitted so far is settled. */
  async idle(): Promise<void> {
    await this.#writing
  }

  async #writeAll(): Promise<void> {
    // What is submitted in the same turn of the event loop joins the first group.
    await undefined
    while (this.#waiting.length > 0) {
      const group = this.#takeGroup()
      try {
        await this.#write(group.map(waiting => waiting.item))
        for (const waiting of group) waiting.resolve()
      } catch (error) {
        for (const waiting of group) waiting.reject(error)
      }
    }
    this.#writing = undefined
  }

  #takeGroup(): Waiting<T>[] {
    let bytes = 0
    let end = 0
    while (end < this.#waiting.length && bytes < groupBytesMax) bytes += this.#waiting[end++]!.item.bytes
    return this.#waiting.splice(0, end)
  }
}
