import { trainEase } from '../models/factorisation/ease.ts'
import { type Baseline, FilteredRanking } from './filtered-ranking.ts'
import type { KnownHistories } from './known-histories.ts'

/** λ as `evaluate top-n --model ease` has it, chosen on the validation part of MovieLens 1M. */
const regularisation = 500
/** Weights and what inverts them take some 16 bytes for each pair of items: 2.3 GB here. */
const itemsMax = 12_000

/**
 * EASE (Steck, WWW 2019) beside the running system: weights between items as they were known when it was fitted, asked
 * with each person's history as it is known when they ask. Whoever has no history gets what most people have met.
 */
export class EaseBaseline {
  private readonly known: KnownHistories
  private readonly weights: Float32Array
  /** Place of an item among the weights by ordinal; −1 for what nobody had met. */
  private readonly places: Int32Array
  private readonly people: Float32Array
  private readonly ranking = new FilteredRanking()

  private constructor(known: KnownHistories, weights: Float32Array, places: Int32Array, people: Float32Array) {
    this.known = known
    this.weights = weights
    this.places = places
    this.people = people
  }

  /**
   * Fitted on what `known` holds now; later it is only asked.
   * @returns null where nobody has met anything, or where more items were met than there is memory for
   */
  static async fit(known: KnownHistories, threads: number): Promise<EaseBaseline | null> {
    const { histories, ordinals } = known.all()
    const { items, itemOf } = histories
    if (items === 0 || items > itemsMax) return null
    const weights = await trainEase(histories, { regularisation, userWeightExponent: 0 }, threads)
    const places = new Int32Array(ordinals.reduce((most, ordinal) => Math.max(most, ordinal + 1), 0)).fill(-1)
    for (const [place, ordinal] of ordinals.entries()) places[ordinal] = place
    const people = new Float32Array(items)
    for (const item of itemOf) people[item]++
    return new EaseBaseline(known, weights, places, people)
  }

  for(userId: string): Baseline {
    const { places, ranking } = this
    const scores = this.scoresOf(userId)
    const score = (item: number) => (places[item] < 0 ? Number.NaN : scores[places[item]])
    return {
      rank: (request, tables, depth) => ranking.rank(score, places.length, request, tables, depth),
    }
  }

  private scoresOf(userId: string): Float32Array {
    const { people, places, weights } = this
    const history = this.known.of(userId).filter(item => item < places.length && places[item] >= 0)
    if (history.length === 0) return people
    const scores = new Float32Array(people.length)
    for (const item of history) {
      const row = places[item] * scores.length
      for (let place = 0; place < scores.length; place++) scores[place] += weights[row + place]
    }
    return scores
  }
}
