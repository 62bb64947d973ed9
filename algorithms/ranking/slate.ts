import { MmrScorer } from './mmr.ts'
import type { Similarity } from './similarity.ts'
import { CategoryPlan, OPEN, type SlateRules, UNCATEGORISED } from './slate-rules.ts'

export interface SlateInput {
  /** The value of each of the N candidates; one that is not finite sinks below all others. */
  readonly relevance: ArrayLike<number>
  readonly similarity: Similarity
  /** The weight of relevance against diversity, in [0, 1]. */
  readonly lambda: number
  /** The primary category of each candidate [N], any number >= 0, or -1 for none. */
  readonly primaryCategories: Int32Array
  readonly size: number
  readonly rules: SlateRules
  /** The candidate that must stand at each position [size], -1 where the position is free. */
  readonly pins?: Int32Array
  /** 0 for a candidate that may not be used [N]; all may when absent. */
  readonly eligible?: Uint8Array
}

export interface Slate {
  /** Candidate indices in slate order. Shorter than asked only when there are fewer eligible candidates. */
  readonly candidates: Int32Array
  /** The rules this slate keeps: the very ones asked for, or weaker ones where the candidates did not allow those. */
  readonly rulesKept: SlateRules
}

/**
 * Builds a slate in one greedy pass: each position takes the candidate with the best MMR score among those whose
 * category is allowed there, where allowed looks ahead, so that no early choice makes a rule impossible to keep later.
 * All candidates that are not taken are the reserve, hence the slate is full while any are left; where the rules
 * cannot be kept they weaken in the order that `CategoryPlan.weakenToFit` documents. Pinned items count as selected from
 * the start. With too few candidates the pins move up. Ties go to the lower index.
 *
 * An item removed after the fact is replaced by building again with the survivors pinned and the item not eligible.
 * Throws RangeError when a pin is repeated, out of range or not eligible.
 */
export function buildSlate(input: SlateInput): Slate {
  const { relevance, similarity, lambda, primaryCategories } = input
  const pinned = placePins(input)
  const scorer = new MmrScorer(relevance, similarity, lambda)
  const { categoryOf, count } = denseCategories(primaryCategories)
  const slots = pinned.map(candidate => (candidate < 0 ? OPEN : categoryOf[candidate]))
  for (const candidate of pinned) if (candidate >= 0) scorer.select(candidate)

  const left = new Int32Array(count)
  let leftUncategorised = 0
  for (let i = 0; i < relevance.length; i++) {
    if (scorer.isTaken(i) || !isEligible(input, i)) continue
    if (categoryOf[i] === UNCATEGORISED) leftUncategorised++
    else left[categoryOf[i]]++
  }
  const plan = new CategoryPlan(input.rules, slots, left, leftUncategorised)
  plan.weakenToFit()
  for (let position = 0; position < pinned.length; position++) {
    if (pinned[position] >= 0) continue
    const chosen = bestAllowed(input, scorer, plan, categoryOf, position)
    plan.place(position, categoryOf[chosen])
    scorer.select(chosen)
    pinned[position] = chosen
  }
  return { candidates: pinned, rulesKept: plan.rules }
}

/** The best free candidate whose category is allowed at the position. */
function bestAllowed(
  input: SlateInput,
  scorer: MmrScorer,
  plan: CategoryPlan,
  categoryOf: Int32Array,
  position: number,
): number {
  const refused = new Set<number>()
  for (;;) {
    const best = scorer.best(i => !refused.has(categoryOf[i]) && isEligible(input, i))
    if (best < 0) throw new Error(`no category is allowed at position ${position}, although the slate could be filled`)
    if (plan.allows(position, categoryOf[best])) return best
    refused.add(categoryOf[best])
  }
}

function isEligible({ eligible }: SlateInput, candidate: number): boolean {
  return eligible === undefined || eligible[candidate] !== 0
}

/** The slate with only its pins in place and -1 elsewhere, as long as the candidates can make it. */
function placePins({ relevance, size, pins, eligible }: SlateInput): Int32Array {
  let usable = relevance.length
  if (eligible) usable = eligible.reduce((sum, flag) => sum + (flag === 0 ? 0 : 1), 0)
  const length = Math.min(size, usable)
  const slate = new Int32Array(length).fill(-1)
  if (!pins) return slate
  let remaining = pins.reduce((sum, pin) => sum + (pin < 0 ? 0 : 1), 0)
  for (let position = 0; position < pins.length; position++) {
    const pin = pins[position]
    if (pin < 0) continue
    if (pin >= relevance.length || eligible?.[pin] === 0 || slate.includes(pin) || position >= size) {
      throw new RangeError(
        `candidate ${pin} cannot be pinned at ${position}: it is unknown, not eligible, or pinned twice`,
      )
    }
    slate[Math.min(position, length - remaining)] = pin
    remaining--
  }
  return slate
}

/** Categories renumbered from 0 in order of appearance. */
function denseCategories(categories: Int32Array): { categoryOf: Int32Array; count: number } {
  const numbers = new Map<number, number>()
  const categoryOf = categories.map(category => {
    if (category < 0) return UNCATEGORISED
    const number = numbers.get(category) ?? numbers.size
    numbers.set(category, number)
    return number
  })
  return { categoryOf, count: numbers.size }
}
