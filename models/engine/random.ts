/**
 * Counter-based randomness: a value is a pure function of (key, counter), so a stream has no state to save and training
 * that resumes at step s draws exactly what an uninterrupted run draws there (Salmon et al., "Parallel Random Numbers: As
 * Easy as 1, 2, 3", SC 2011). The mixing function is the 32-bit finaliser of MurmurHash3 (Austin Appleby, public domain).
 */
const goldenGamma = 0x9e3779b9

/** MurmurHash3 fmix32: a bijection on 32 bits in which every input bit changes every output bit with probability near ½. */
export function mix32(value: number): number {
  let hash = value ^ (value >>> 16)
  hash = Math.imul(hash, 0x85ebca6b)
  hash ^= hash >>> 13
  hash = Math.imul(hash, 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

/** A 32-bit key for one purpose out of a seed and what tells the purpose apart (a step, a layer, a name). */
export function deriveKey(seed: number, ...labels: readonly (number | string)[]): number {
  let key = mix32(seed + goldenGamma)
  for (const label of labels) {
    const part = typeof label === 'number' ? label : hashString(label)
    key = mix32((key ^ mix32(part + goldenGamma)) + goldenGamma)
  }
  return key
}

/** The 32 random bits at `counter` of the stream `key`. Two rounds keep streams of different keys from being shifts of one another. */
export function bitsAt(key: number, counter: number): number {
  return mix32(mix32(counter ^ key) + key)
}

/** Uniform in [0, 1). */
export function uniformAt(key: number, counter: number): number {
  return bitsAt(key, counter) / 0x100000000
}

/** Standard normal, by Box and Muller (1958) from the counters 2c and 2c + 1. */
export function normalAt(key: number, counter: number): number {
  const radius = Math.sqrt(-2 * Math.log(1 - uniformAt(key, 2 * counter)))
  return radius * Math.cos(2 * Math.PI * uniformAt(key, 2 * counter + 1))
}

/** Shuffles in place (Fisher and Yates, Knuth's algorithm P). */
export function shuffle(values: Uint32Array, key: number): void {
  for (let last = values.length - 1; last > 0; last--) {
    const other = Math.floor(uniformAt(key, last) * (last + 1))
    const held = values[last]
    values[last] = values[other]
    values[other] = held
  }
}

/**
 * Fills an inverted dropout mask: 0 with probability `rate`, rounded to a 256th, else 1 / (1 − that). Each hash decides four
 * elements, without a branch that could be mispredicted. The counter advances by the golden ratio (Steele et al., "Fast
 * Splittable Pseudorandom Number Generators", OOPSLA 2014), which spares the second round of `bitsAt`.
 */
export function fillDropoutMask(mask: Float32Array, rate: number, key: number): void {
  const threshold = Math.round(rate * 256)
  const choice = Float32Array.of(256 / (256 - threshold), 0)
  let counter = key | 0
  for (let index = 0; index < mask.length; index += 4) {
    const bits = mix32(counter)
    counter = (counter + goldenGamma) | 0
    mask[index] = choice[((bits & 0xff) - threshold) >>> 31]
    mask[index + 1] = choice[(((bits >>> 8) & 0xff) - threshold) >>> 31]
    mask[index + 2] = choice[(((bits >>> 16) & 0xff) - threshold) >>> 31]
    mask[index + 3] = choice[((bits >>> 24) - threshold) >>> 31]
  }
}

/** FNV-1a over UTF-16 code units. */
function hashString(text: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  return hash >>> 0
}
