/**
 * MurmurHash3 (x86, 32 bits; Appleby 2011) with one UTF-16 code unit per block, over `text[start, end)`. Reading code
 * units in place spares a string per token. The seed separates the tokens of one field from those of another.
 */
export function hashToken(text: string, start: number, end: number, seed: number): number {
  let hash = seed
  for (let at = start; at < end; at++) {
    let block = Math.imul(text.charCodeAt(at), 0xcc9e2d51)
    block = Math.imul((block << 15) | (block >>> 17), 0x1b873593)
    hash ^= block
    hash = Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64
  }
  return mix(hash ^ (end - start))
}

/** MurmurHash3's finaliser: a bijection of uint32 in which every input bit moves every output bit. */
export function mix(value: number): number {
  let hash = value
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
