/** Negatives for a loss that does not score the whole catalogue. */
import { uniformAt } from '../engine/random.ts'
import type { Histories } from '../histories.ts'

/**
 * Draws items half uniformly, half as often as they are met: popular ones are the hard negatives, uniform ones reach the
 * tail. Draws are a function of a key, so a resumed training sees the same.
 */
export class NegativeSampler {
  readonly #histories: Histories
  readonly #probabilities: Float64Array

  constructor(histories: Histories) {
    this.#histories = histories
    const { items, itemOf } = histories
    this.#probabilities = new Float64Array(items).fill(0.5 / items)
    for (const item of itemOf) this.#probabilities[item] += 0.5 / itemOf.length
  }

  /** @returns items [count], with repetition, and −log of how often each is expected among them */
  draw(count: number, key: number): { readonly items: Int32Array; readonly bias: Float32Array } {
    const { items, itemOf } = this.#histories
    const drawn = Int32Array.from({ length: count }, (_, place) => {
      const chance = uniformAt(key, 2 * place)
      const choice = uniformAt(key, 2 * place + 1)
      return chance < 0.5 ? Math.floor(choice * items) : itemOf[Math.floor(choice * itemOf.length)]
    })
    return { items: drawn, bias: Float32Array.from(drawn, item => -Math.log(count * this.#probabilities[item])) }
  }
}
