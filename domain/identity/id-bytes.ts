/** Longest id, in bytes of UTF-8. */
export const idBytesMax = 256

/** The id has no UTF-8 form of at most `idBytesMax` bytes, so it could not be given back as it came. */
export class InvalidId extends Error {
  override readonly name = 'InvalidId'

  constructor(id: string) {
    super(
      id.isWellFormed()
        ? `id of ${Buffer.byteLength(id)} bytes is longer than ${idBytesMax} bytes: shorten it, or use its hash as the id`
        : `id ${JSON.stringify(id.slice(0, 80))} contains half of a surrogate pair: send valid Unicode`,
    )
  }
}

/** The id encoded last, zero-padded to whole words. One buffer per thread, so that a look-up allocates nothing. */
export const idBytes = new Uint8Array(idBytesMax + 4)
export const idWords = new Int32Array(idBytes.buffer)
const target = idBytes.subarray(0, idBytesMax)
const encoder = new TextEncoder()

/**
 * Writes the id into `idBytes` and returns its length in bytes, or −1 when it is too long or not well-formed:
 * TextEncoder would replace a lone surrogate by U+FFFD, and two different ids would become one.
 */
export function encodeId(id: string): number {
  const length = id.length
  if (length > idBytesMax) return -1
  for (let i = 0; i < length; i++) {
    const unit = id.charCodeAt(i)
    if (unit > 0x7f) return encodeUnicode(id)
    idBytes[i] = unit
  }
  return padded(length)
}

function encodeUnicode(id: string): number {
  if (!id.isWellFormed()) return -1
  const { read, written } = encoder.encodeInto(id, target)
  return read === id.length ? padded(written) : -1
}

function padded(length: number): number {
  idBytes.fill(0, length, length + 3)
  return length
}

/**
 * MurmurHash3_x86_32 (Appleby, public domain), seed 0, of the first `length` bytes of `idBytes`, as a signed integer.
 * Reads bytes and not words, so that every machine computes the same.
 */
export function hashIdBytes(length: number): number {
  let hash = 0
  const whole = length & ~3
  for (let i = 0; i < whole; i += 4) {
    hash ^= mixWord(idBytes[i] | (idBytes[i + 1] << 8) | (idBytes[i + 2] << 16) | (idBytes[i + 3] << 24))
    hash = (hash << 13) | (hash >>> 19)
    hash = (Math.imul(hash, 5) + 0xe6546b64) | 0
  }
  if (whole < length) hash ^= mixWord(idBytes[whole] | (idBytes[whole + 1] << 8) | (idBytes[whole + 2] << 16))
  hash ^= length
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}

function mixWord(word: number): number {
  const scaled = Math.imul(word, 0xcc9e2d51)
  return Math.imul((scaled << 15) | (scaled >>> 17), 0x1b873593)
}

/** 32-bit unsigned hash of an id, the same in every process. Throws InvalidId. */
export function hashId(id: string): number {
  const length = encodeId(id)
  if (length < 0) throw new InvalidId(id)
  return hashIdBytes(length) >>> 0
}
