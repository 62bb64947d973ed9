const prime1 = 0x9e3779b1
const prime2 = 0x85ebca77
const prime3 = 0xc2b2ae3d
const prime4 = 0x27d4eb2f
const prime5 = 0x165667b1

/**
 * 32-bit hash of the first `length` numbers of a feature matrix, by their bits. It is xxHash32 with seed 0 (Collet,
 * github.com/Cyan4973/xxHash, doc/xxhash_spec.md) over their little-endian bytes: four independent lanes keep it at
 * about one nanosecond per number.
 */
export function hashFeatures(matrix: Float32Array, length: number): number {
  const words = new Uint32Array(matrix.buffer, matrix.byteOffset, length)
  const striped = length & ~3
  let hash = prime5
  if (striped > 0) hash = hashStripes(words, striped)
  hash = (hash + 4 * length) | 0
  for (let i = striped; i < length; i++) hash = Math.imul(rotate(hash + Math.imul(words[i], prime3), 17), prime4)
  hash = Math.imul(hash ^ (hash >>> 15), prime2)
  hash = Math.imul(hash ^ (hash >>> 13), prime3)
  return (hash ^ (hash >>> 16)) >>> 0
}

function hashStripes(words: Uint32Array, length: number): number {
  let a = (prime1 + prime2) | 0
  let b = prime2 | 0
  let c = 0
  let d = -prime1 | 0
  for (let i = 0; i < length; i += 4) {
    a = Math.imul(rotate(a + Math.imul(words[i], prime2), 13), prime1)
    b = Math.imul(rotate(b + Math.imul(words[i + 1], prime2), 13), prime1)
    c = Math.imul(rotate(c + Math.imul(words[i + 2], prime2), 13), prime1)
    d = Math.imul(rotate(d + Math.imul(words[i + 3], prime2), 13), prime1)
  }
  return rotate(a, 1) + rotate(b, 7) + rotate(c, 12) + rotate(d, 18)
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits))
}
