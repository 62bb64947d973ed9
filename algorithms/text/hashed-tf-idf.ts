import { hashToken, mix } from './hashing.ts'
import { findTokens, fold } from './tokeniser.ts'

/** What can be said about an item in words. Entries of the lists are names: each is one token, however many words. */
export interface ContentDocument {
  readonly title: string
  readonly text: string
  readonly categories: readonly string[]
  readonly creators: readonly string[]
  readonly labels: readonly string[]
}

/** How much each field says about what an item is; 0 leaves it out. */
export type FieldWeights = { readonly [F in keyof ContentDocument]: number }

export interface HashingOptions {
  /** Number of buckets, a power of two. */
  readonly buckets: number
  /** Lets one bit of the hash decide a token's sign, so that collisions cancel on average (Weinberger et al. 2009). */
  readonly isSigned: boolean
  readonly fieldWeights: FieldWeights
}

/** Tokens of one field that are looked at; what follows in a longer text hardly moves its vector. */
const TOKENS_MAX = 4096

const TITLE = mix(1)
const TEXT = mix(2)
const CATEGORIES = mix(3)
const CREATORS = mix(4)
const LABELS = mix(5)

/**
 * Counts the tokens of documents in hashed buckets. A token that occurs c times in a field counts weight · (1 + ln c);
 * the same word in another field lies in another bucket.
 *
 * Invariants
 * 1. After `count`, the document's buckets are `touched[0..size)`, each once; `values` is 0 everywhere else.
 * 2. Between fields `counts` is all 0.
 */
export class HashedTermCounter {
  readonly touched: Uint32Array
  readonly values: Float32Array
  size = 0
  private readonly isTouched: Uint8Array
  private readonly counts: Int32Array
  private readonly fieldBuckets = new Uint32Array(TOKENS_MAX)
  private fieldSize = 0
  private readonly bounds = new Uint32Array(2 * TOKENS_MAX)
  private readonly mask: number
  private readonly isSigned: boolean
  private readonly fieldWeights: FieldWeights

  constructor({ buckets, isSigned, fieldWeights }: HashingOptions) {
    if (buckets < 2 || (buckets & (buckets - 1)) !== 0) throw new RangeError(`${buckets} buckets: not a power of two`)
    this.mask = buckets - 1
    this.isSigned = isSigned
    this.fieldWeights = fieldWeights
    this.touched = new Uint32Array(buckets)
    this.values = new Float32Array(buckets)
    this.isTouched = new Uint8Array(buckets)
    this.counts = new Int32Array(buckets)
  }

  /** Replaces the content by the term weights of one document. */
  count(document: ContentDocument): void {
    const { fieldWeights } = this
    this.reset()
    this.addWords(document.title, TITLE, fieldWeights.title)
    this.addWords(document.text, TEXT, fieldWeights.text)
    this.addNames(document.categories, CATEGORIES, fieldWeights.categories)
    this.addNames(document.creators, CREATORS, fieldWeights.creators)
    this.addNames(document.labels, LABELS, fieldWeights.labels)
  }

  private reset(): void {
    for (let at = 0; at < this.size; at++) {
      const bucket = this.touched[at]!
      this.values[bucket] = 0
      this.isTouched[bucket] = 0
    }
    this.size = 0
  }

  private addWords(text: string, seed: number, weight: number): void {
    if (weight === 0 || text.length === 0) return
    const folded = fold(text)
    const tokens = findTokens(folded, this.bounds)
    for (let token = 0; token < tokens; token++) {
      this.countToken(hashToken(folded, this.bounds[2 * token]!, this.bounds[2 * token + 1]!, seed))
    }
    this.closeField(weight)
  }

  private addNames(names: readonly string[], seed: number, weight: number): void {
    if (weight === 0) return
    for (let at = 0; at < names.length && at < TOKENS_MAX; at++) {
      const folded = fold(names[at]!).trim()
      if (folded.length > 0) this.countToken(hashToken(folded, 0, folded.length, seed))
    }
    this.closeField(weight)
  }

  /** Collects buckets, not hashes: tokens that collide inside a field count as one. The sign has a bit of its own. */
  private countToken(hash: number): void {
    const bucket = hash & this.mask
    if (this.counts[bucket] === 0) this.fieldBuckets[this.fieldSize++] = bucket
    const sign = this.isSigned && hash >>> 31 === 1 ? -1 : 1
    this.counts[bucket]! += sign
  }

  private closeField(weight: number): void {
    for (let at = 0; at < this.fieldSize; at++) {
      const bucket = this.fieldBuckets[at]!
      const count = this.counts[bucket]!
      this.counts[bucket] = 0
      if (count === 0) continue
      if (this.isTouched[bucket] === 0) {
        this.isTouched[bucket] = 1
        this.touched[this.size++] = bucket
      }
      this.values[bucket]! += Math.sign(count) * weight * (1 + Math.log(Math.abs(count)))
    }
    this.fieldSize = 0
  }
}
