/**
 * Why an item is in the feed, chosen from evidence that the funnel really had. A reason is a code and what it refers to;
 * its wording is made elsewhere.
 */
export const REASON = {
  none: 0,
  becauseYouWatched: 1,
  similarContent: 2,
  fromCreator: 3,
  popularInSegment: 4,
  trending: 5,
  newItem: 6,
  tasteMatch: 7,
  popular: 8,
} as const

export type ReasonCode = (typeof REASON)[keyof typeof REASON]

export const REASON_COUNT = Object.keys(REASON).length

/**
 * Evidence for n returned items, one column per reason, row-major [n x REASON_COUNT]. 0 is no evidence. In units of
 * - becauseYouWatched: the share of the item-to-item score that the strongest title of the history gave
 * - similarContent: the cosine with the most similar title of the history
 * - fromCreator: titles of this creator that the user finished or liked
 * - popularInSegment, trending, popular: how far up in such a list, 1 for the first, falling to 0 at the last that counts
 * - newItem: the share of the launch window that is left
 * - tasteMatch: the preference that the factor model predicts, about 1 for what the person already engaged with
 */
export interface ReasonEvidence {
  readonly strengths: Float32Array
  /** The title or creator that a reason refers to; -1 for none. */
  readonly references: Int32Array
}

export interface ReasonPolicy {
  /** Reasons that may be given, the preferred first. */
  readonly priority: readonly ReasonCode[]
  /** The least strength at which each reason may be given [REASON_COUNT]. */
  readonly thresholds: readonly number[]
}

/** The personal reasons come before the general ones: they tell the reader more. */
export const DEFAULT_REASON_POLICY: ReasonPolicy = {
  priority: [
    REASON.becauseYouWatched,
    REASON.fromCreator,
    REASON.similarContent,
    REASON.newItem,
    REASON.popularInSegment,
    REASON.trending,
    REASON.tasteMatch,
    REASON.popular,
  ],
  thresholds: [0, 0.2, 0.5, 2, 0, 0, 0.25, 0.3, 0],
}

/** The reason of each of n items, in columns. */
export interface ChosenReasons {
  readonly codes: Uint8Array
  /** The title or creator, -1 for none. */
  readonly references: Int32Array
  readonly strengths: Float32Array
}

export function emptyEvidence(items: number): ReasonEvidence {
  return {
    strengths: new Float32Array(items * REASON_COUNT),
    references: new Int32Array(items * REASON_COUNT).fill(-1),
  }
}

/** Records evidence for one reason of the item at `row`. */
export function recordEvidence(
  evidence: ReasonEvidence,
  row: number,
  reason: ReasonCode,
  strength: number,
  reference = -1,
): void {
  evidence.strengths[row * REASON_COUNT + reason] = strength
  evidence.references[row * REASON_COUNT + reason] = reference
}

/**
 * Records "because you watched" from what each title of the history added to the item-to-item score of the item at
 * `row`: the title that added most, and its share of all that was added. Nothing is recorded when none added anything.
 */
export function recordContributions(
  evidence: ReasonEvidence,
  row: number,
  contributions: ArrayLike<number>,
  history: ArrayLike<number>,
): void {
  let total = 0
  let strongest = -1
  for (let h = 0; h < history.length; h++) {
    if (!(contributions[h] > 0)) continue
    total += contributions[h]
    if (strongest < 0 || contributions[h] > contributions[strongest]) strongest = h
  }
  if (strongest < 0) return
  recordEvidence(evidence, row, REASON.becauseYouWatched, contributions[strongest] / total, history[strongest])
}

/**
 * For each item the first reason of the priority list whose evidence reaches its threshold. A reason that names a title
 * or a creator is never given without one, and none is given without evidence: `REASON.none` is then the code.
 */
export function chooseReasons(evidence: ReasonEvidence, policy: ReasonPolicy): ChosenReasons {
  const items = evidence.strengths.length / REASON_COUNT
  const codes = new Uint8Array(items)
  const references = new Int32Array(items).fill(-1)
  const strengths = new Float32Array(items)
  for (let row = 0; row < items; row++) {
    for (const reason of policy.priority) {
      const at = row * REASON_COUNT + reason
      const strength = evidence.strengths[at]
      if (!(strength > 0 && strength >= policy.thresholds[reason])) continue
      if (namesSomething(reason) && evidence.references[at] < 0) continue
      codes[row] = reason
      references[row] = evidence.references[at]
      strengths[row] = strength
      break
    }
  }
  return { codes, references, strengths }
}

function namesSomething(reason: ReasonCode): boolean {
  return reason === REASON.becauseYouWatched || reason === REASON.similarContent || reason === REASON.fromCreator
}
