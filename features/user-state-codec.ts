import { PackedRecords } from './packed-records.ts'
import { UserList, UserState, userShape } from './user-state.ts'

/**
 * A user's state as bytes: version, scalars, then length and records of each list. Most numbers are small integers or
 * times, so each is written as a little-endian base-128 varint whose lowest bit says what it is:
 * 2n for an integer 0 ≤ n < 2⁵², 1 before the 8 bytes of any other number, 3 for NaN.
 *
 * States with the same meaning give the same bytes.
 */
const version = 1
const rawMark = 1
const nanMark = 3
const integerLimit = 2 ** 52
const numberBytesMax = 9

export class UserStateFormatError extends Error {
  override readonly name = 'UserStateFormatError'
}

export function encodeUserState(state: UserState): Uint8Array {
  state.seen.compact()
  const { records } = state
  const { scalars, widths } = records.shape
  let numbers = 1 + scalars + widths.length
  for (let list = 0; list < widths.length; list++) numbers += records.length(list) * widths[list]
  const writer = new NumberWriter(numbers * numberBytesMax)
  writer.write(version)
  for (let i = 0; i < scalars; i++) writer.write(records.data[i])
  for (let list = 0; list < widths.length; list++) {
    const offset = records.offset(list)
    const end = offset + records.length(list) * widths[list]
    writer.write(records.length(list))
    for (let at = offset; at < end; at++) writer.write(records.data[at])
  }
  return writer.bytes()
}

/** @throws UserStateFormatError when the bytes are of another version, cut off, or not a user's state */
export function decodeUserState(bytes: Uint8Array): UserState {
  const reader = new NumberReader(bytes)
  const found = reader.read()
  if (found !== version) {
    throw new UserStateFormatError(`user state has version ${found}, not ${version}: rebuild it from the journal`)
  }
  const records = new PackedRecords(userShape)
  for (let i = 0; i < userShape.scalars; i++) records.data[i] = reader.read()
  for (const list of Object.values(UserList)) {
    const length = reader.read()
    for (let record = 0; record < length; record++) {
      const at = records.append(list)
      for (let i = 0; i < userShape.widths[list]; i++) records.data[at + i] = reader.read()
    }
  }
  reader.expectEnd()
  return new UserState(records)
}

class NumberWriter {
  readonly #view: DataView
  #at = 0

  constructor(bytesMax: number) {
    this.#view = new DataView(new ArrayBuffer(bytesMax))
  }

  write(x: number): void {
    if (x >= 0 && x < integerLimit && Math.trunc(x) === x && !Object.is(x, -0)) {
      this.#writeVarint(2 * x)
    } else if (Number.isNaN(x)) {
      this.#view.setUint8(this.#at++, nanMark)
    } else {
      this.#view.setUint8(this.#at++, rawMark)
      this.#view.setFloat64(this.#at, x, true)
      this.#at += 8
    }
  }

  bytes(): Uint8Array {
    return new Uint8Array(this.#view.buffer.slice(0, this.#at))
  }

  #writeVarint(x: number): void {
    let rest = x
    while (rest >= 0x80) {
      this.#view.setUint8(this.#at++, (rest % 0x80) | 0x80)
      rest = Math.floor(rest / 0x80)
    }
    this.#view.setUint8(this.#at++, rest)
  }
}

class NumberReader {
  readonly #view: DataView
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  read(): number {
    const first = this.#byte()
    if ((first & 1) === 0) return this.#readVarint(first) / 2
    if (first === nanMark) return Number.NaN
    if (first !== rawMark || this.#at + 8 > this.#view.byteLength) throw damaged()
    this.#at += 8
    return this.#view.getFloat64(this.#at - 8, true)
  }

  expectEnd(): void {
    if (this.#at !== this.#view.byteLength) throw damaged()
  }

  #readVarint(first: number): number {
    let value = first & 0x7f
    let scale = 0x80
    for (let byte = first; (byte & 0x80) !== 0; scale *= 0x80) {
      byte = this.#byte()
      value += (byte & 0x7f) * scale
    }
    return value
  }

  #byte(): number {
    if (this.#at >= this.#view.byteLength) throw damaged()
    return this.#view.getUint8(this.#at++)
  }
}

function damaged(): UserStateFormatError {
  return new UserStateFormatError('user state is cut off or damaged: rebuild it from the journal')
}
