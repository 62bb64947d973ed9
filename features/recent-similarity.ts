import type { VectorReader } from '../domain/item-table/item-reader.ts'
import { recentEngagements } from './engagement-weight.ts'
import { type RecentItems, recentPositives } from './recent-items.ts'
import { VectorSimilarity } from './vector-similarity.ts'

/** Vectors of the user, made by the model set's encoders; an empty one means that there is none. */
export interface QueryVectors {
  readonly collaborative: Float32Array
  readonly content: Float32Array
}

/** How a candidate compares, in both vector spaces, to the user's query vectors and to what they engaged with last. */
export class RecentSimilarity {
  /** Anchors: the recent items. */
  readonly collaborative = new VectorSimilarity(recentEngagements)
  /** Anchors: the last item, then the recent positives. */
  readonly content = new VectorSimilarity(1 + recentPositives)
  #hasLastCollaborative = false
  #hasLastContent = false

  begin(recent: RecentItems, collaborative: VectorReader, content: VectorReader, query: QueryVectors): void {
    this.collaborative.begin(collaborative, query.collaborative)
    this.content.begin(content, query.content)
    this.#hasLastCollaborative = recent.count > 0 && this.collaborative.addAnchor(recent.row[0])
    this.#hasLastContent = recent.count > 0 && this.content.addAnchor(recent.row[0])
    for (let i = 1; i < recent.count; i++) this.collaborative.addAnchor(recent.row[i])
    for (let i = 0; i < recent.positiveCount; i++) this.content.addAnchor(recent.positiveRow[i])
  }

  compare(row: number): void {
    this.collaborative.compare(row)
    this.content.compare(row)
  }

  lastCollaborative(): number {
    return this.#hasLastCollaborative ? this.collaborative.anchorCosine(0) : 0
  }

  lastContent(): number {
    return this.#hasLastContent ? this.content.anchorCosine(0) : 0
  }

  recentCollaborativeMax(): number {
    return this.collaborative.maxCosine(0)
  }

  recentCollaborativeMean(): number {
    return this.collaborative.meanCosine()
  }

  positiveContentMax(): number {
    return this.content.maxCosine(this.#hasLastContent ? 1 : 0)
  }
}
