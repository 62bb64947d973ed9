import type { VectorReader } from '../domain/item-table/item-reader.ts'
import { recentEngagements } from './engagement-weight.ts'
import { type RecentItems, recentPositives } from './recent-items.ts'
import { VectorSimilarity } from './vector-similarity.ts'
import type { PerSpace, QueryVectors } from './vector-spaces.ts'

/** Logits of a softmax over the catalogue spread wider than fitted products. */
const sequenceProductMax = 30

/** How a candidate compares, in every vector space, to the user's query vectors and to what they engaged with last. */
export class RecentSimilarity {
  /** Anchors: the recent items. */
  readonly collaborative = new VectorSimilarity(recentEngagements)
  /** Anchors: the last item, then the recent positives. */
  readonly content = new VectorSimilarity(1 + recentPositives)
  readonly twoTower = new VectorSimilarity(0)
  /** Anchors: the last item. */
  readonly sequence = new VectorSimilarity(1, sequenceProductMax)
  #hasLastCollaborative = false
  #hasLastContent = false
  #hasLastSequence = false

  begin(recent: RecentItems, spaces: PerSpace<VectorReader>, query: QueryVectors): void {
    this.collaborative.begin(spaces.collaborative, query.collaborative)
    this.content.begin(spaces.content, query.content)
    this.twoTower.begin(spaces.twoTower, query.twoTower)
    this.sequence.begin(spaces.sequence, query.sequence)
    this.#hasLastCollaborative = recent.count > 0 && this.collaborative.addAnchor(recent.row[0])
    this.#hasLastContent = recent.count > 0 && this.content.addAnchor(recent.row[0])
    this.#hasLastSequence = recent.count > 0 && this.sequence.addAnchor(recent.row[0])
    for (let i = 1; i < recent.count; i++) this.collaborative.addAnchor(recent.row[i])
    for (let i = 0; i < recent.positiveCount; i++) this.content.addAnchor(recent.positiveRow[i])
  }

  compare(row: number): void {
    this.collaborative.compare(row)
    this.content.compare(row)
    this.twoTower.compare(row)
    this.sequence.compare(row)
  }

  lastCollaborative(): number {
    return this.#hasLastCollaborative ? this.collaborative.anchorCosine(0) : 0
  }

  lastContent(): number {
    return this.#hasLastContent ? this.content.anchorCosine(0) : 0
  }

  lastSequence(): number {
    return this.#hasLastSequence ? this.sequence.anchorCosine(0) : 0
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
