import { sampleCategorical } from '../statistics/discrete-samplers.ts'
import type { RandomSource } from '../statistics/random.ts'
import { OPEN, permittedAt, type SlateRules } from './slate-rules.ts'

/** Which positions may explore, and how likely each is to. */
export interface ExplorationSlots {
  /** 0-based positions, ascending. */
  readonly positions: Int32Array
  /** The probability, in [0, 1], that such a position shows an item of the pool. */
  readonly probability: number
}

/** How an item is drawn: epsilon / M + (1 - epsilon) * softmax(score / temperature) over the M items of a slot's pool. */
export interface ExplorationPolicy {
  /** In [0, 1]; above 0 it bounds every propensity from below, which off-policy estimates need. */
  readonly epsilon: number
  /** Positive, in the unit of the scores. */
  readonly temperature: number
}

export interface ExplorationInput {
  /** The slate without exploration: candidate indices in order. */
  readonly slate: Int32Array
  /** Candidates worth trying (fresh, rarely shown), most wanted first. Those in the slate are left out. */
  readonly pool: Int32Array
  /** The score of each candidate [N]; one that is not finite is drawn by epsilon alone. */
  readonly scores: ArrayLike<number>
  readonly primaryCategories: Int32Array
  readonly rules: SlateRules
  readonly slots: ExplorationSlots
  readonly policy: ExplorationPolicy
}

export interface ExploredSlate {
  readonly candidates: Int32Array
  /** P(this item stands at this position | candidates, settings), exact for every position. */
  readonly propensities: Float64Array
  /** 1 where the item was drawn from the pool. */
  readonly explored: Uint8Array
}

/**
 * Spreads an exploration rate (the expected share of explored positions, in [0, 1]) over the fewest positions that can
 * carry it, evenly, each three quarters into its stretch of the slate: one slot in ten stands at the eighth place.
 */
export function slotsForRate(size: number, rate: number): ExplorationSlots {
  if (!(rate >= 0 && rate <= 1)) throw new RangeError(`an exploration rate lies in [0, 1], got ${rate}`)
  const expected = size * rate
  const count = Math.ceil(expected - 1e-9)
  const positions = Int32Array.from({ length: count }, (_, slot) => Math.floor(((slot + 0.75) * size) / count))
  return { positions, probability: count === 0 ? 0 : Math.min(1, expected / count) }
}

/**
 * Replaces the items at the exploration slots by draws from the pool.
 *
 * The propensities are exact because nothing else depends on the draws. The slate is built first and the other
 * positions keep their items, with propensity 1. The pool is dealt out to the slots in turn, so slots draw
 * independently and never the same item. An item that could break a rule at its slot, whatever the other slots show, is
 * taken out before the draw. A slot keeps its item with probability 1 - `probability`, or 1 when its pool is empty.
 * The rule on distinct categories gives way to exploration. Two random numbers are used per slot.
 */
export function exploreSlate(input: ExplorationInput, random: RandomSource): ExploredSlate {
  checkSettings(input)
  const candidates = input.slate.slice()
  const propensities = new Float64Array(candidates.length).fill(1)
  const explored = new Uint8Array(candidates.length)
  const categories = candidates.map(candidate => input.primaryCategories[candidate])
  const positions = input.slots.positions.filter(position => position < candidates.length)
  for (const position of positions) categories[position] = OPEN
  const unseen = input.pool.filter(candidate => !input.slate.includes(candidate))

  for (let slot = 0; slot < positions.length; slot++) {
    const position = positions[slot]
    const pool = unseen.filter(
      (candidate, k) =>
        k % positions.length === slot &&
        permittedAt(categories, position, input.primaryCategories[candidate], input.rules),
    )
    const policy = epsilonSoftmax(pool, input.scores, input.policy)
    const explores = random.next() < input.slots.probability
    const drawn = sampleCategorical(random, policy)
    if (drawn < 0) continue
    if (explores) {
      candidates[position] = pool[drawn]
      propensities[position] = input.slots.probability * policy[drawn]
      explored[position] = 1
    } else {
      propensities[position] = 1 - input.slots.probability
    }
  }
  return { candidates, propensities, explored }
}

/** The probability of each item of the pool; they sum to 1. Empty for an empty pool. */
export function epsilonSoftmax(
  pool: Int32Array,
  scores: ArrayLike<number>,
  { epsilon, temperature }: ExplorationPolicy,
): Float64Array {
  let highest = Number.NEGATIVE_INFINITY
  for (const candidate of pool) {
    if (Number.isFinite(scores[candidate])) highest = Math.max(highest, scores[candidate])
  }
  const probabilities = new Float64Array(pool.length)
  let total = 0
  for (let k = 0; k < pool.length; k++) {
    const score = scores[pool[k]]
    probabilities[k] = Number.isFinite(score) ? Math.exp((score - highest) / temperature) : 0
    total += probabilities[k]
  }
  // Without one usable score there is no softmax, and the whole draw is uniform.
  const uniform = total > 0 ? epsilon : 1
  for (let k = 0; k < pool.length; k++) {
    const soft = total > 0 ? probabilities[k] / total : 0
    probabilities[k] = uniform / pool.length + (1 - uniform) * soft
  }
  return probabilities
}

function checkSettings({ policy, slots }: ExplorationInput): void {
  if (!(policy.epsilon >= 0 && policy.epsilon <= 1))
    throw new RangeError(`epsilon lies in [0, 1], got ${policy.epsilon}`)
  if (!(policy.temperature > 0)) throw new RangeError(`the temperature must be positive, got ${policy.temperature}`)
  if (!(slots.probability >= 0 && slots.probability <= 1)) {
    throw new RangeError(`the probability of exploring lies in [0, 1], got ${slots.probability}`)
  }
}
