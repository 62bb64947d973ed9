import type { JournalKind, JournalRecord } from '../domain/journal.ts'
import { StorageError } from './errors.ts'
import { decodeRecord, kindTags } from './record-codec.ts'

/**
 * The journal stores runs of consecutive records as one value:
 *
 *   record 0 · record 1 · … · end of record 0, of record 1, … (uint32 each) · number of records (uint32), little-endian
 *
 * The first byte of a record is its kind tag. The ends allow a reader to start in the middle and to pass over
 * kinds that it does not want without decoding them. A block does not know its number: that is its key.
 */
export interface EncodedBlock {
  readonly count: number
  readonly bytes: Uint8Array
}

/** Small enough that a reader holds little, large enough that a thousand events are one value. */
const blockBytesTarget = 256 * 1024

/** @returns blocks that hold exactly these encoded records, in order */
export function packBlocks(records: readonly Uint8Array[]): EncodedBlock[] {
  const blocks: EncodedBlock[] = []
  let first = 0
  let size = 0
  for (let i = 0; i < records.length; i++) {
    size += records[i]!.length
    if (size >= blockBytesTarget || i === records.length - 1) {
      blocks.push({ count: i + 1 - first, bytes: packBlock(records, first, i + 1, size) })
      first = i + 1
      size = 0
    }
  }
  return blocks
}

function packBlock(records: readonly Uint8Array[], first: number, end: number, size: number): Uint8Array {
  const count = end - first
  const bytes = new Uint8Array(size + 4 * count + 4)
  const view = new DataView(bytes.buffer)
  let position = 0
  for (let i = 0; i < count; i++) {
    bytes.set(records[first + i]!, position)
    position += records[first + i]!.length
    view.setUint32(size + 4 * i, position, true)
  }
  view.setUint32(size + 4 * count, count, true)
  return bytes
}

export class JournalBlock {
  readonly firstSeq: number
  readonly count: number
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #ends: number

  /** @throws StorageError `corrupt` when the bytes are not a block */
  constructor(firstSeq: number, bytes: Uint8Array) {
    this.firstSeq = firstSeq
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.count = bytes.length < 4 ? 0 : this.#view.getUint32(bytes.length - 4, true)
    this.#ends = bytes.length - 4 - 4 * this.count
    if (this.count === 0 || this.#ends <= 0 || this.#end(this.count - 1) !== this.#ends) {
      throw new StorageError(
        'corrupt',
        `The journal block at number ${firstSeq} is not what was written`,
        'Restore the journal from a backup',
      )
    }
  }

  /** The tag of the index-th record, 0 ≤ index < count. */
  tag(index: number): number {
    return this.#bytes[this.#start(index)]!
  }

  record(index: number): JournalRecord {
    return decodeRecord(this.#bytes, this.#start(index), this.#end(index))
  }

  #start(index: number): number {
    return index === 0 ? 0 : this.#end(index - 1)
  }

  #end(index: number): number {
    return this.#view.getUint32(this.#ends + 4 * index, true)
  }
}

/** Tags as bits, for a reader that wants some kinds only. */
export function tagMask(kinds: Iterable<JournalKind>): number {
  let mask = 0
  for (const kind of kinds) mask |= 1 << kindTags[kind]
  return mask
}
