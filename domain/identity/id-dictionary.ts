/**
 * Id strings and their dense ordinals 0, 1, 2, … in order of interning, off the JavaScript heap.
 *
 * Invariants
 * 1. Single writer, and only the thread that owns the dictionary reads it. The buffers are shared so that it can be
 *    handed over as a whole: after `handles()` went to another thread, this one uses it no more.
 * 2. An ordinal, once given, keeps its id for ever. An id's record (ordinal, hash, length, zero-padded bytes) lies in one
 *    arena chunk, aligned to words; word 0 of the arena is unused, so no record starts there.
 * 3. The top bits of the hash choose a partition, an open-addressed table of (hash, start of record) pairs, at most ¾
 *    full; a start of 0 is an empty slot. Partitions grow one at a time, so no step rehashes more than about a
 *    thousandth of the ids.
 * 4. Interning is injective: ids without an exact UTF-8 form are refused. The empty string is an id like any other.
 */
import { encodeId, hashIdBytes, InvalidId, idWords } from './id-bytes.ts'

export { hashId, InvalidId, idBytesMax } from './id-bytes.ts'

export interface IdDictionaryHandles {
  readonly size: number
  /** Words used in the arena, the unused ends of full chunks included. */
  readonly arenaEnd: number
  readonly arena: readonly SharedArrayBuffer[]
  readonly starts: readonly SharedArrayBuffer[]
  /** One per partition; empty until its first id. */
  readonly partitions: readonly SharedArrayBuffer[]
}

const arenaChunkBits = 18
const arenaChunkWords = 1 << arenaChunkBits
const arenaChunkMask = arenaChunkWords - 1
const startChunkBits = 16
const startChunkMask = (1 << startChunkBits) - 1
const hashAt = 1
const lengthAt = 2
const textAt = 3
const partitionBits = 10
const partitionShift = 32 - partitionBits
const initialSlots = 16

export class IdDictionary {
  private ordinals = 0
  private arenaEnd = 1
  private readonly arena: Int32Array[] = []
  private readonly texts: Buffer[] = []
  /** By ordinal, the first arena word of its record. */
  private readonly starts: Int32Array[] = []
  private readonly partitions: Int32Array[] = []
  private readonly occupied = new Int32Array(1 << partitionBits)

  /** An empty dictionary, or the one that was handed over. */
  constructor(handles?: IdDictionaryHandles) {
    const unused = new SharedArrayBuffer(0)
    for (let i = 0; i < this.occupied.length; i++) {
      this.partitions.push(new Int32Array(handles?.partitions[i] ?? unused))
    }
    if (handles === undefined) return
    for (const chunk of handles.arena) this.addArenaChunk(chunk)
    for (const chunk of handles.starts) this.starts.push(new Int32Array(chunk))
    this.ordinals = handles.size
    this.arenaEnd = handles.arenaEnd
    for (let ordinal = 0; ordinal < this.ordinals; ordinal++) this.occupied[this.hashOf(ordinal) >>> partitionShift]++
  }

  get size(): number {
    return this.ordinals
  }

  /** The ordinal of the id, a new one when it is not yet known. Throws InvalidId. */
  intern(id: string): number {
    const length = encodeId(id)
    if (length < 0) throw new InvalidId(id)
    const hash = hashIdBytes(length)
    const known = this.lookUp(hash, length)
    return known >= 0 ? known : this.add(hash, length)
  }

  /** The ordinal of the id, or −1. */
  find(id: string): number {
    const length = encodeId(id)
    return length < 0 ? -1 : this.lookUp(hashIdBytes(length), length)
  }

  /** Throws a RangeError for an ordinal that was never given. */
  idOf(ordinal: number): string {
    const start = this.startOf(ordinal)
    const record = start & arenaChunkMask
    const from = (record + textAt) * 4
    const length = this.arena[start >>> arenaChunkBits][record + lengthAt]
    return this.texts[start >>> arenaChunkBits].toString('utf8', from, from + length)
  }

  /** `hashId` of the ordinal's id, unsigned. Throws a RangeError as `idOf`. */
  hashOf(ordinal: number): number {
    const start = this.startOf(ordinal)
    return this.arena[start >>> arenaChunkBits][(start & arenaChunkMask) + hashAt] >>> 0
  }

  handles(): IdDictionaryHandles {
    const bufferOf = (view: { readonly buffer: ArrayBufferLike }) => view.buffer as SharedArrayBuffer
    return {
      size: this.ordinals,
      arenaEnd: this.arenaEnd,
      arena: this.arena.map(bufferOf),
      starts: this.starts.map(bufferOf),
      partitions: this.partitions.map(bufferOf),
    }
  }

  private startOf(ordinal: number): number {
    if (!(ordinal >= 0 && ordinal < this.ordinals)) {
      throw new RangeError(`ordinal ${ordinal} is not one of the ${this.ordinals} that were given`)
    }
    return this.starts[ordinal >>> startChunkBits][ordinal & startChunkMask]
  }

  /** The id is in `idWords`. */
  private lookUp(hash: number, length: number): number {
    const slots = this.partitions[hash >>> partitionShift]
    if (slots.length === 0) return -1
    const mask = slots.length - 1
    for (let slot = (hash << 1) & mask; ; slot = (slot + 2) & mask) {
      const start = slots[slot + 1]
      if (start === 0) return -1
      if (slots[slot] !== hash) continue
      const chunk = this.arena[start >>> arenaChunkBits]
      const record = start & arenaChunkMask
      if (matches(chunk, record, length)) return chunk[record]
    }
  }

  private add(hash: number, length: number): number {
    const ordinal = this.ordinals
    const start = this.store(ordinal, hash, length)
    if ((ordinal & startChunkMask) === 0) {
      this.starts.push(new Int32Array(new SharedArrayBuffer((startChunkMask + 1) * 4)))
    }
    this.starts[ordinal >>> startChunkBits][ordinal & startChunkMask] = start
    this.ordinals++

    const partition = hash >>> partitionShift
    const count = ++this.occupied[partition]
    if (count * 8 > this.partitions[partition].length * 3) this.growPartition(partition)
    insert(this.partitions[partition], hash, start)
    return ordinal
  }

  /** Appends the record of the id in `idWords` to the arena; returns its first word. */
  private store(ordinal: number, hash: number, length: number): number {
    const words = (length + 3) >>> 2
    const room = arenaChunkWords - (this.arenaEnd & arenaChunkMask)
    if (textAt + words > room) this.arenaEnd += room
    const start = this.arenaEnd
    if (start >>> arenaChunkBits === this.arena.length) this.addArenaChunk(new SharedArrayBuffer(arenaChunkWords * 4))
    const chunk = this.arena[start >>> arenaChunkBits]
    const record = start & arenaChunkMask
    chunk[record] = ordinal
    chunk[record + hashAt] = hash
    chunk[record + lengthAt] = length
    for (let word = 0; word < words; word++) chunk[record + textAt + word] = idWords[word]
    this.arenaEnd += textAt + words
    return start
  }

  private addArenaChunk(chunk: SharedArrayBuffer): void {
    this.arena.push(new Int32Array(chunk))
    this.texts.push(Buffer.from(chunk))
  }

  private growPartition(partition: number): void {
    const old = this.partitions[partition]
    const words = Math.max(initialSlots * 2, old.length * 2)
    const grown = new Int32Array(new SharedArrayBuffer(words * 4))
    for (let slot = 0; slot < old.length; slot += 2) {
      if (old[slot + 1] !== 0) insert(grown, old[slot], old[slot + 1])
    }
    this.partitions[partition] = grown
  }
}

/** Slots are pairs of words, and their number is a power of two. */
function insert(slots: Int32Array, hash: number, start: number): void {
  const mask = slots.length - 1
  let slot = (hash << 1) & mask
  while (slots[slot + 1] !== 0) slot = (slot + 2) & mask
  slots[slot] = hash
  slots[slot + 1] = start
}

function matches(chunk: Int32Array, record: number, length: number): boolean {
  if (chunk[record + lengthAt] !== length) return false
  for (let word = 0; word << 2 < length; word++) {
    if (chunk[record + textAt + word] !== idWords[word]) return false
  }
  return true
}
