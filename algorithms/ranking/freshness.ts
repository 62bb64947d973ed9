/** How much a new item is lifted, and for how long. */
export interface FreshnessPolicy {
  /** `multiply`: value * (1 + boost). `add`: value + boost, in the unit of the value. */
  readonly mode: 'multiply' | 'add'
  /** The boost inside the launch window, >= 0. */
  readonly strength: number
  /** The age up to which the boost is whole, in ms. */
  readonly launchWindowMs: number
  /** The time in which it halves afterwards, in ms, > 0. */
  readonly halfLifeMs: number
}

/**
 * The boost at an age: `strength` in the launch window, then strength * 2^(-(age - window) / halfLife). An item dated in
 * the future has age 0, one of unknown age (NaN) gets no boost.
 */
export function freshnessBoost(ageMs: number, policy: FreshnessPolicy): number {
  if (Number.isNaN(ageMs)) return 0
  const sinceLaunchMs = Math.max(0, ageMs - policy.launchWindowMs)
  return policy.strength * 2 ** (-sinceLaunchMs / policy.halfLifeMs)
}

/**
 * Lifts values in place by the age of each row. A negative value is divided where a positive one is multiplied: a
 * boost must never push an item down.
 */
export function applyFreshness(values: Float32Array, agesMs: ArrayLike<number>, policy: FreshnessPolicy): void {
  if (!(policy.strength >= 0 && policy.launchWindowMs >= 0 && policy.halfLifeMs > 0)) {
    throw new RangeError(
      `freshness needs strength >= 0, launchWindowMs >= 0 and halfLifeMs > 0, got ${policy.strength}, ${policy.launchWindowMs}, ${policy.halfLifeMs}`,
    )
  }
  for (let i = 0; i < values.length; i++) {
    const boost = freshnessBoost(agesMs[i], policy)
    if (policy.mode === 'add') values[i] += boost
    else if (values[i] >= 0) values[i] *= 1 + boost
    else values[i] /= 1 + boost
  }
}
