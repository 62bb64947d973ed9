import type { ItemReader } from '../domain/item-table/item-reader.ts'

/** In ascending order of time, then of item; no pair twice. */
interface Columns {
  readonly times: Float64Array
  readonly items: Uint32Array
}

const none: Columns = { times: new Float64Array(0), items: new Uint32Array(0) }

const pendingMax = 512
const recentMax = 4096
const settledPerStep = 4096

/**
 * Items of one partition by time of publication, so that the newest are found without a scan.
 *
 * 1. An added item is in `pending`, then in `recent`, then in `settled`. A reader makes the first move, which costs what
 *    is in the two small ones; `settleStep` keeps them small.
 * 2. An entry holds the time at which its item was published when it left `pending`. One whose item has since moved to
 *    another time is stale; readers skip it, and settling drops it.
 */
export class FreshList {
  private settled = none
  private recent = none
  private pending: number[] = []
  private settling: Settling | null = null

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
    this.absorb(table)
    const { settled, recent } = this
    let i = upperBound(settled.times, until) - 1
    let j = upperBound(recent.times, until) - 1
    while (i >= 0 || j >= 0) {
      const order = i < 0 ? -1 : j < 0 ? 1 : compare(settled, i, recent, j)
      const [from, at] = order < 0 ? [recent, j] : [settled, i]
      if (order >= 0) i--
      if (order <= 0) j--
      const time = from.times[at]
      if (time < since) return
      if (publishedAt(table, from.items[at]) === time && !visit(from.items[at], time)) return
    }
  }

  /** Does at most a millisecond of what additions have left to do; false when there is nothing now. */
  settleStep(table: ItemReader): boolean {
    if (this.pending.length >= pendingMax) this.absorb(table)
    else if (this.settling !== null) this.settle(this.settling, table)
    else if (this.recent.items.length >= recentMax) this.settling = new Settling(this.settled, this.recent)
    else return false
    return true
  }

  private absorb(table: ItemReader): void {
    if (this.pending.length === 0) return
    this.recent = merged(this.recent, sorted(this.pending, table))
    this.pending = []
  }

  private settle(settling: Settling, table: ItemReader): void {
    if (settling.step(table)) return
    this.settled = settling.kept()
    this.recent = without(this.recent, settling.recent)
    this.settling = null
  }
}

/** Merges what is not stale of two columns, a part at a time. */
class Settling {
  readonly recent: Columns
  private readonly settled: Columns
  private readonly out: Columns
  private nextSettled = 0
  private nextRecent = 0
  private count = 0

  constructor(settled: Columns, recent: Columns) {
    this.settled = settled
    this.recent = recent
    this.out = columnsOf(settled.items.length + recent.items.length)
  }

  /** @returns false at the end */
  step(table: ItemReader): boolean {
    const { settled, recent, out } = this
    for (let taken = 0; taken < settledPerStep; taken++) {
      const order = compareNext(settled, this.nextSettled, recent, this.nextRecent)
      if (Number.isNaN(order)) return false
      const [from, at] = order <= 0 ? [settled, this.nextSettled] : [recent, this.nextRecent]
      if (order <= 0) this.nextSettled++
      if (order >= 0) this.nextRecent++
      if (publishedAt(table, from.items[at]) !== from.times[at]) continue
      out.times[this.count] = from.times[at]
      out.items[this.count++] = from.items[at]
    }
    return true
  }

  kept(): Columns {
    return shortened(this.out, this.count)
  }
}

/** Those that have a time, each once. */
function sorted(items: readonly number[], table: ItemReader): Columns {
  const timed = [...new Set(items)].map(item => ({ item, time: publishedAt(table, item) }))
  const known = timed.filter(({ time }) => !Number.isNaN(time)).sort((a, b) => a.time - b.time || a.item - b.item)
  return { times: Float64Array.from(known, ({ time }) => time), items: Uint32Array.from(known, ({ item }) => item) }
}

function merged(a: Columns, b: Columns): Columns {
  const out = columnsOf(a.items.length + b.items.length)
  let [i, j, count] = [0, 0, 0]
  for (;;) {
    const order = compareNext(a, i, b, j)
    if (Number.isNaN(order)) return shortened(out, count)
    out.times[count] = order <= 0 ? a.times[i] : b.times[j]
    out.items[count++] = order <= 0 ? a.items[i] : b.items[j]
    if (order <= 0) i++
    if (order >= 0) j++
  }
}

/** The pairs of a that are not in b. */
function without(a: Columns, b: Columns): Columns {
  const out = columnsOf(a.items.length)
  let [j, count] = [0, 0]
  for (let i = 0; i < a.items.length; i++) {
    while (j < b.items.length && compare(b, j, a, i) < 0) j++
    if (j < b.items.length && compare(b, j, a, i) === 0) continue
    out.times[count] = a.times[i]
    out.items[count++] = a.items[i]
  }
  return shortened(out, count)
}

function columnsOf(length: number): Columns {
  return { times: new Float64Array(length), items: new Uint32Array(length) }
}

function shortened({ times, items }: Columns, length: number): Columns {
  return { times: times.subarray(0, length), items: items.subarray(0, length) }
}

/** As `compare`, where an end comes last; NaN at both ends. */
function compareNext(a: Columns, i: number, b: Columns, j: number): number {
  if (i === a.items.length) return j === b.items.length ? Number.NaN : 1
  return j === b.items.length ? -1 : compare(a, i, b, j)
}

/** Below 0 when the i-th of a comes first, 0 when both are the same. */
function compare(a: Columns, i: number, b: Columns, j: number): number {
  return a.times[i] - b.times[j] || a.items[i] - b.items[j]
}

/** The first place with a later time. */
function upperBound(times: Float64Array, time: number): number {
  let low = 0
  let high = times.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (times[middle] <= time) low = middle + 1
    else high = middle
  }
  return low
}

function publishedAt(table: ItemReader, item: number): number {
  const row = table.currentRow(item)
  return row < 0 ? Number.NaN : table.publishedAt(row)
}
