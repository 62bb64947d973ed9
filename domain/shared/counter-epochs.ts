/**
 * Item counters: working values that one thread folds events into, and published epochs that every thread reads.
 *
 * Invariants
 * 1. A published buffer never changes until `releaseBefore` says that nobody reads its epochs any more.
 * 2. An epoch's values are the working values at its `publish`, bit for bit. A chunk that nobody marked since the
 *    epoch before is shared with it.
 * 3. Working values change only through `writable(item)`, which marks the chunk.
 * 4. Released buffers are used again for later epochs. The engine does not count shared memory as garbage to collect:
 *    without this, epochs of 50 MB let the process grow by gigabytes between two collections.
 */
import { type CounterReader, counterColumnCount } from '../counters.ts'

const itemChunkBits = 12
const itemsPerChunk = 1 << itemChunkBits
const itemChunkMask = itemsPerChunk - 1

/** An item's record: the time of its last event as float64, then its counters as float32. */
const wordsPerItem = 2 + counterColumnCount
const chunkBytes = itemsPerChunk * wordsPerItem * 4

/** Where the counters of `item` begin in `CounterChunk.values`: column c is at `valueSlot(item) + c`. */
export function valueSlot(item: number): number {
  return (item & itemChunkMask) * wordsPerItem + 2
}

/** Where `item` stands in `CounterChunk.lastAt`. */
export function timeSlot(item: number): number {
  return (item & itemChunkMask) * (wordsPerItem / 2)
}

/** The counters of 4,096 items: two views of one buffer, to be used with `valueSlot` and `timeSlot` only. */
export interface CounterChunk {
  readonly values: Float32Array
  readonly lastAt: Float64Array
}

export interface CounterEpochHandles {
  readonly epoch: number
  readonly at: number
  readonly totals: Float64Array
  readonly chunks: readonly SharedArrayBuffer[]
}

function viewChunk(buffer: ArrayBufferLike): CounterChunk {
  return { values: new Float32Array(buffer), lastAt: new Float64Array(buffer) }
}

export class CounterEpochReader implements CounterReader {
  readonly epoch: number
  readonly at: number
  private readonly totals: Float64Array
  private readonly buffers: readonly SharedArrayBuffer[]
  private readonly chunks: (CounterChunk | undefined)[]

  constructor(handles: CounterEpochHandles) {
    this.epoch = handles.epoch
    this.at = handles.at
    this.totals = handles.totals
    this.buffers = handles.chunks
    this.chunks = new Array(handles.chunks.length).fill(undefined)
  }

  value(item: number, column: number): number {
    const index = item >>> itemChunkBits
    return index < this.chunks.length ? this.chunk(index).values[valueSlot(item) + column] : 0
  }

  lastAt(item: number): number {
    const index = item >>> itemChunkBits
    return index < this.chunks.length ? this.chunk(index).lastAt[timeSlot(item)] : 0
  }

  total(column: number): number {
    return this.totals[column]
  }

  /** Views are made on first use: a request touches some hundred of perhaps thousands of chunks. */
  private chunk(index: number): CounterChunk {
    const known = this.chunks[index]
    if (known !== undefined) return known
    const chunk = viewChunk(this.buffers[index])
    this.chunks[index] = chunk
    return chunk
  }
}

export class CounterStore {
  /** Sums over all items, by column; the fold adds to them. */
  readonly totals = new Float64Array(counterColumnCount)
  private readonly working: CounterChunk[] = []
  private readonly dirty: boolean[] = []
  private published: SharedArrayBuffer[] = []
  private epoch = 0
  /** Replaced buffers, oldest first, with the last epoch that holds each. */
  private replaced: { readonly buffer: SharedArrayBuffer; readonly lastEpoch: number }[] = []
  private readonly spare: SharedArrayBuffer[] = []

  /** All zeros, or as it was when it published `from`, whose buffers it shares until they change. */
  constructor(from?: CounterEpochHandles) {
    if (from === undefined) return
    this.epoch = from.epoch
    this.totals.set(from.totals)
    this.published = from.chunks.slice()
    for (const buffer of from.chunks) {
      this.addChunk(false).values.set(new Float32Array(buffer))
    }
  }

  /** The working values of the item's chunk, to change: it counts as changed from now to the next `publish`. */
  writable(item: number): CounterChunk {
    const index = item >>> itemChunkBits
    while (this.working.length <= index) this.addChunk(true)
    this.dirty[index] = true
    return this.working[index]
  }

  /** `epoch` is above the one before it, else a RangeError. `at` is epoch ms. */
  publish(epoch: number, at: number): CounterEpochHandles {
    if (epoch <= this.epoch) throw new RangeError(`epoch ${epoch} does not come after epoch ${this.epoch}`)
    const chunks = this.published.slice()
    for (let index = 0; index < this.working.length; index++) {
      if (!this.dirty[index]) continue
      if (index < chunks.length) this.replaced.push({ buffer: chunks[index], lastEpoch: this.epoch })
      chunks[index] = this.copyOf(this.working[index])
      this.dirty[index] = false
    }
    this.published = chunks
    this.epoch = epoch
    return { epoch, at, totals: this.totals.slice(), chunks }
  }

  /** Nobody reads epochs below `epoch` any more, now or later: their buffers may be used again. */
  releaseBefore(epoch: number): void {
    let released = 0
    while (released < this.replaced.length && this.replaced[released].lastEpoch < epoch) {
      this.spare.push(this.replaced[released].buffer)
      released++
    }
    this.replaced.splice(0, released)
  }

  private addChunk(dirty: boolean): CounterChunk {
    const chunk = viewChunk(new ArrayBuffer(chunkBytes))
    this.working.push(chunk)
    this.dirty.push(dirty)
    return chunk
  }

  private copyOf(chunk: CounterChunk): SharedArrayBuffer {
    const copy = this.spare.pop() ?? new SharedArrayBuffer(chunkBytes)
    new Uint8Array(copy).set(new Uint8Array(chunk.values.buffer))
    return copy
  }
}
