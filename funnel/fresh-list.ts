import type { ItemReader } from '../domain/item-table/item-reader.ts'

/**
 * Items of one partition by time of publication, so that the newest are found without a scan.
 *
 * 1. `times` ascends; `items[i]` was published at `times[i]` when it was added.
 * 2. An entry whose item has since moved to another time is stale; readers skip it, and settling drops it in time.
 * 3. Added items wait in `pending` until the next reading, so that loading a partition sorts once.
 */
export class FreshList {
  private times: Float64Array = new Float64Array(0)
  private items: Uint32Array = new Uint32Array(0)
  private pending: number[] = []
  private insertedSinceSort = 0

  /** Adds the item at its current time of publication. */
  add(item: number): void {
    this.pending.push(item)
  }

  /** Calls `visit` for items published in [since, until], newest first, until it returns false. */
  visitNewest(
    table: ItemReader,
    since: number,
    until: number,
    visit: (item: number, publishedAt: number) => boolean,
  ): void {
    this.settle(table)
    for (let i = this.upperBound(until) - 1; i >= 0 && this.times[i] >= since; i--) {
      if (publishedAt(table, this.items[i]) !== this.times[i]) continue
      if (!visit(this.items[i], this.times[i])) return
    }
  }

  private settle(table: ItemReader): void {
    if (this.pending.length === 0) return
    this.insertedSinceSort += this.pending.length
    if (this.pending.length > 64 || this.insertedSinceSort > 1024 + this.items.length / 2) this.sortAll(table)
    else for (const item of this.pending) this.insert(item, publishedAt(table, item))
    this.pending = []
  }

  /** Takes everything that has a time, once each; what is stale drops out here. */
  private sortAll(table: ItemReader): void {
    const distinct = new Set<number>(this.items)
    for (const item of this.pending) distinct.add(item)
    const known = Uint32Array.from(distinct).filter(item => !Number.isNaN(publishedAt(table, item)))
    this.items = known.sort((a, b) => publishedAt(table, a) - publishedAt(table, b) || a - b)
    this.times = Float64Array.from(this.items, item => publishedAt(table, item))
    this.insertedSinceSort = 0
  }

  private insert(item: number, time: number): void {
    if (Number.isNaN(time)) return
    const place = this.upperBound(time)
    for (let i = place - 1; i >= 0 && this.times[i] === time; i--) if (this.items[i] === item) return
    const times = new Float64Array(this.times.length + 1)
    const items = new Uint32Array(this.items.length + 1)
    times.set(this.times.subarray(0, place))
    items.set(this.items.subarray(0, place))
    times[place] = time
    items[place] = item
    times.set(this.times.subarray(place), place + 1)
    items.set(this.items.subarray(place), place + 1)
    this.times = times
    this.items = items
  }

  private upperBound(time: number): number {
    let low = 0
    let high = this.times.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.times[middle] <= time) low = middle + 1
      else high = middle
    }
    return low
  }
}

function publishedAt(table: ItemReader, item: number): number {
  const row = table.currentRow(item)
  return row < 0 ? Number.NaN : table.publishedAt(row)
}
