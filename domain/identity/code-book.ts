/**
 * A vocabulary: names and their codes 1, 2, 3, … in order of first use; 0 stands for unknown.
 *
 * Invariants
 * 1. A code, once given, keeps its name for ever, so columns may store it.
 * 2. The codes follow from the order of first use alone: a replay of the journal gives the same ones.
 */
import { IdDictionary } from './id-dictionary.ts'

/** Names nothing new: every known name keeps working. */
export class CodeBookFull extends Error {
  override readonly name = 'CodeBookFull'
  readonly book: string
  readonly codesMax: number

  constructor(book: string, codesMax: number, name: string) {
    super(`no code left for ${JSON.stringify(name)}: ${book} may have ${codesMax} different names; merge rare ones`)
    this.book = book
    this.codesMax = codesMax
  }
}

export class CodeBook {
  private readonly book: string
  private readonly codesMax: number
  private readonly names = new IdDictionary()

  /** `entries` are those of an earlier book, in order. Names are at most `idBytesMax` bytes, else InvalidId. */
  constructor(book: string, codesMax: number, entries: Iterable<string> = []) {
    this.book = book
    this.codesMax = codesMax
    for (const name of entries) this.codeOf(name)
  }

  get size(): number {
    return this.names.size
  }

  /** The name's code, a new one when it is not yet known. Throws CodeBookFull and InvalidId. */
  codeOf(name: string): number {
    const known = this.find(name)
    if (known > 0) return known
    if (this.names.size >= this.codesMax) throw new CodeBookFull(this.book, this.codesMax, name)
    return this.names.intern(name) + 1
  }

  /** The name's code, 0 when it has none. */
  find(name: string): number {
    return this.names.find(name) + 1
  }

  /** Undefined for 0 and for codes not given yet. */
  nameOf(code: number): string | undefined {
    return code >= 1 && code <= this.names.size ? this.names.idOf(code - 1) : undefined
  }

  /** All names in the order of their codes, from code 1. */
  *entries(): Generator<string, void> {
    for (let ordinal = 0; ordinal < this.names.size; ordinal++) yield this.names.idOf(ordinal)
  }
}
