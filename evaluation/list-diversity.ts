import { categoryEntropy, distinctCategories, intraListDistance } from '../algorithms/ranking/diversity.ts'
import { contentSimilarity } from '../algorithms/ranking/similarity.ts'
import { meanOfDefined } from '../algorithms/statistics/ranking-metrics.ts'
import type { ContentEncoder } from '../algorithms/text/content-encoder.ts'
import type { Item } from '../domain/item.ts'
import { contentDocument } from '../funnel/content-document.ts'

/** Means over lists of ten. */
export interface DiversityMetrics {
  /** Mean of 1 − cosine of the content vectors over all pairs of a list. */
  readonly intraListDistance: number
  /** Shannon entropy in bits over all categories of all items of a list. */
  readonly categoryEntropy: number
  readonly distinctCategories: number
}

/** Measures how mixed lists are, from the items' content and categories. */
export class ListDiversity {
  private readonly content: ContentEncoder
  private readonly itemOf: (id: string) => Item | undefined
  private readonly vectors = new Map<string, Float32Array | null>()
  private readonly categoryCodes = new Map<string, number>()
  private readonly distances: number[] = []
  private readonly entropies: number[] = []
  private readonly distinct: number[] = []

  constructor(content: ContentEncoder, itemOf: (id: string) => Item | undefined) {
    this.content = content
    this.itemOf = itemOf
  }

  /** @param place of the list among all that are measured */
  measure(place: number, ids: readonly string[]): void {
    const categories = ids.flatMap(id => this.itemOf(id)?.categories.map(name => this.codeOf(name)) ?? [])
    this.distances[place] = this.distanceWithin(ids)
    this.entropies[place] = categoryEntropy(categories)
    this.distinct[place] = distinctCategories(categories)
  }

  metrics(): DiversityMetrics {
    return {
      intraListDistance: meanOfDefined(this.distances),
      categoryEntropy: meanOfDefined(this.entropies),
      distinctCategories: meanOfDefined(this.distinct),
    }
  }

  private distanceWithin(ids: readonly string[]): number {
    const { dimension } = this.content
    const vectors = new Float32Array(ids.length * dimension)
    const known = ids.map((id, place) => {
      const vector = this.vectorOf(id)
      if (vector !== null) vectors.set(vector, place * dimension)
      return vector === null ? -1 : place
    })
    const content = { vectors, dimension, rows: Int32Array.from(known), categories: new Int32Array(0) }
    return intraListDistance([...ids.keys()], contentSimilarity({ ...content, categoryWidth: 0, categoryWeight: 0 }))
  }

  private vectorOf(id: string): Float32Array | null {
    let vector = this.vectors.get(id)
    if (vector === undefined) {
      const item = this.itemOf(id)
      const encoded = new Float32Array(this.content.dimension)
      vector = item !== undefined && this.content.encode(contentDocument(item), encoded) ? encoded : null
      this.vectors.set(id, vector)
    }
    return vector
  }

  private codeOf(category: string): number {
    const code = this.categoryCodes.get(category) ?? this.categoryCodes.size
    this.categoryCodes.set(category, code)
    return code
  }
}
