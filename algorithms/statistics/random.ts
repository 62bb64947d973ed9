/**
 * The project's one source of randomness outside models. Everything that draws takes a `RandomSource`, so a run is a
 * function of its seed.
 *
 * Invariants
 * 1. Two generators made from the same seed give the same sequence on every machine.
 * 2. The state is never all zero, the one state from which xoshiro cannot leave.
 * 3. Nothing here reads a clock or `Math.random`.
 */
export interface RandomSource {
  /** A number in [0, 1). */
  next(): number
}

const WEYL = 0x9e3779b9
const TWO_POW_32 = 0x1_0000_0000

/**
 * xoshiro128**, Blackman and Vigna, "Scrambled linear pseudorandom number generators", ACM TOMS 47(4), 2021.
 * Period 2^128 - 1. The four words are its state; at least one must differ from zero.
 */
export class Xoshiro128 implements RandomSource {
  private a: number
  private b: number
  private c: number
  private d: number

  constructor(a: number, b: number, c: number, d: number) {
    if ((a | b | c | d) === 0) throw new RangeError('xoshiro128 needs a state with at least one word that is not zero')
    this.a = a | 0
    this.b = b | 0
    this.c = c | 0
    this.d = d | 0
  }

  /** The next 32 random bits as an unsigned integer. */
  nextUint32(): number {
    const scrambled = Math.imul(this.b, 5)
    const result = Math.imul((scrambled << 7) | (scrambled >>> 25), 9)
    const shifted = this.b << 9
    this.c ^= this.a
    this.d ^= this.b
    this.b ^= this.c
    this.a ^= this.d
    this.c ^= shifted
    this.d = (this.d << 11) | (this.d >>> 21)
    return result >>> 0
  }

  /** A multiple of 2^-53 in [0, 1): every double of that grid is equally likely. */
  next(): number {
    const high = this.nextUint32() >>> 5
    const low = this.nextUint32() >>> 6
    return (high * 67_108_864 + low) / 9_007_199_254_740_992
  }
}

/** A generator from a seed, a whole number in [0, 2^53). Throws RangeError for anything else. */
export function createRandom(seed: number): Xoshiro128 {
  checkSeed(seed)
  const low = seed >>> 0
  const high = Math.floor(seed / TWO_POW_32)
  const word = (i: number): number => mix32(mix32(low + i * WEYL) ^ (high + i))
  const words = [word(1), word(2), word(3), word(4)]
  return new Xoshiro128(words[0], words[1], words[2], words.every(value => value === 0) ? 1 : words[3])
}

/**
 * The seed of an independent stream: one parent seed and a label (a purpose, a user, a request) give one child seed
 * in [0, 2^53). Two lanes of 32-bit mixing, so that a million labels under one parent collide with probability 6e-5.
 */
export function splitSeed(seed: number, label: string | number): number {
  checkSeed(seed)
  let low = mix32((seed >>> 0) + WEYL)
  let high = mix32(Math.floor(seed / TWO_POW_32) ^ low)
  const absorb = (word: number): void => {
    low = mix32((low ^ word) + WEYL)
    high = mix32(Math.imul(high, 0x85ebca6b) + word + 1)
  }
  if (typeof label === 'number') {
    absorb(label >>> 0)
    absorb(Math.floor(label / TWO_POW_32) >>> 0)
  } else {
    for (let i = 0; i < label.length; i++) absorb(label.charCodeAt(i))
    absorb(label.length)
  }
  return (mix32(high ^ low) >>> 11) * TWO_POW_32 + (low >>> 0)
}

/** A whole number in [0, n). The deviation from uniform is below n * 2^-53. */
export function uniformInt(random: RandomSource, n: number): number {
  return Math.floor(random.next() * n)
}

/** A uniformly random order of the whole array, in place (Durstenfeld's form of Fisher-Yates, CACM 7(7), 1964). */
export function shuffle<T>(values: { [index: number]: T; readonly length: number }, random: RandomSource): void {
  partialShuffle(values, values.length, random)
}

/** Puts a uniform sample without replacement of `count` elements at the front, in random order; O(count). */
export function partialShuffle<T>(
  values: { [index: number]: T; readonly length: number },
  count: number,
  random: RandomSource,
): void {
  if (count > values.length) throw new RangeError(`cannot sample ${count} of ${values.length} without replacement`)
  for (let i = 0; i < count; i++) {
    const j = i + uniformInt(random, values.length - i)
    const held = values[i]
    values[i] = values[j]
    values[j] = held
  }
}

/** The finaliser of MurmurHash3 (Appleby 2011): a bijection of 32 bits in which every input bit moves every output bit. */
function mix32(value: number): number {
  let h = value | 0
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}

function checkSeed(seed: number): void {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new RangeError(`a seed is a whole number in [0, 2^53), got ${seed}: derive one with splitSeed`)
  }
}
