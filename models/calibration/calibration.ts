/**
 * Turns the logits of one objective into probabilities that compare across model versions, so that business weights on them
 * keep their meaning. Fitted on rows that trained nothing.
 */

/** Plain data: it is stored as JSON and cloned to threads as it is. Both methods never decrease, and stay inside (0, 1). */
export type CalibrationTable = PlattCalibration | IsotonicCalibration

/** p = 1 / (1 + exp(−(slope · logit + intercept))), slope ≥ 0. */
export interface PlattCalibration {
  readonly method: 'platt'
  readonly slope: number
  readonly intercept: number
}

/** Linear between points, constant outside them. `logits` strictly increase, `probabilities` do not decrease. */
export interface IsotonicCalibration {
  readonly method: 'isotonic'
  readonly logits: readonly number[]
  readonly probabilities: readonly number[]
}

/** Held-out rows of one objective; rows of weight 0 are left out. */
export interface CalibrationRows {
  readonly logits: Float32Array
  /** In [0, 1]. */
  readonly labels: Float32Array
  readonly weights: Float32Array
}

/** With fewer examples of either outcome isotonic regression overfits (Niculescu-Mizil & Caruana, ICML 2005). */
const isotonicExamples = 1000

/** Isotonic regression where both outcomes are frequent enough for it, else Platt scaling. */
export function fitCalibration(rows: CalibrationRows): CalibrationTable {
  const { positive, negative } = outcomeWeights(rows)
  return Math.min(positive, negative) >= isotonicExamples ? fitIsotonic(rows) : fitPlatt(rows)
}

/**
 * Platt scaling (Platt 1999) by Newton's method with backtracking (Lin, Lin & Weng, Machine Learning 2007). Targets are
 * pulled towards ½ by one example each, which keeps the fit finite for separable rows. Logits that rank backwards get
 * slope 0: a calibration must not turn a ranking round. Without rows it changes nothing (slope 1, intercept 0).
 */
export function fitPlatt(rows: CalibrationRows): PlattCalibration {
  const { positive, negative } = outcomeWeights(rows)
  if (positive + negative === 0) return { method: 'platt', slope: 1, intercept: 0 }
  const objective = new PlattObjective(rows, (positive + 1) / (positive + 2), 1 / (negative + 2))
  const constant = Math.log((positive + 1) / (negative + 1))
  let [slope, intercept] = [0, constant]
  let loss = objective.loss(slope, intercept)
  for (let iteration = 0; iteration < 100; iteration++) {
    const step = objective.newtonStep(slope, intercept)
    let size = 1
    let next = objective.loss(slope + step.slope, intercept + step.intercept)
    while (next > loss && size > 1e-8) {
      size /= 2
      next = objective.loss(slope + size * step.slope, intercept + size * step.intercept)
    }
    if (loss - next <= 1e-12 * Math.abs(loss)) break
    slope += size * step.slope
    intercept += size * step.intercept
    loss = next
  }
  return slope > 0 ? { method: 'platt', slope, intercept } : { method: 'platt', slope: 0, intercept: constant }
}

/** The weighted log-loss of Platt's sigmoid, and Newton's step on it. */
class PlattObjective {
  readonly #rows: CalibrationRows
  readonly #high: number
  readonly #low: number

  constructor(rows: CalibrationRows, high: number, low: number) {
    this.#rows = rows
    this.#high = high
    this.#low = low
  }

  loss(slope: number, intercept: number): number {
    const { logits, weights } = this.#rows
    let sum = 0
    for (let row = 0; row < logits.length; row++) {
      const score = slope * logits[row] + intercept
      sum += weights[row] * (Math.max(score, 0) + Math.log1p(Math.exp(-Math.abs(score))) - this.#target(row) * score)
    }
    return sum
  }

  newtonStep(slope: number, intercept: number): { slope: number; intercept: number } {
    const { logits, weights } = this.#rows
    let [gradientSlope, gradientIntercept] = [0, 0]
    let [curvatureSlope, curvatureMixed, curvatureIntercept] = [1e-12, 0, 1e-12]
    for (let row = 0; row < logits.length; row++) {
      const logit = logits[row]
      const probability = sigmoid(slope * logit + intercept)
      const error = weights[row] * (probability - this.#target(row))
      const curvature = weights[row] * probability * (1 - probability)
      gradientSlope += error * logit
      gradientIntercept += error
      curvatureSlope += curvature * logit * logit
      curvatureMixed += curvature * logit
      curvatureIntercept += curvature
    }
    const determinant = curvatureSlope * curvatureIntercept - curvatureMixed * curvatureMixed
    return {
      slope: (curvatureMixed * gradientIntercept - curvatureIntercept * gradientSlope) / determinant,
      intercept: (curvatureMixed * gradientSlope - curvatureSlope * gradientIntercept) / determinant,
    }
  }

  #target(row: number): number {
    const label = this.#rows.labels[row]
    return label * this.#high + (1 - label) * this.#low
  }
}

interface Block {
  weight: number
  /** Σ weight · logit. */
  logits: number
  /** Σ weight · label. */
  labels: number
  lowest: number
  highest: number
}

/**
 * Isotonic regression by pooling adjacent violators (Ayer et al. 1955; Zadrozny & Elkan, KDD 2002), reduced to at most
 * `knots` blocks and linear between their centres, so that candidates inside a block keep their order. The outer segments go
 * on to the lowest and highest logit seen. Probabilities stay 1/(n + 2) away from 0 and 1.
 * @throws Error when no row has weight
 */
export function fitIsotonic(rows: CalibrationRows, knots = 64): IsotonicCalibration {
  const blocks = coarsen(poolViolators(rows), knots)
  if (blocks.length === 0) throw new Error('Isotonic calibration needs at least one row with weight.')
  const centres = blocks.map(block => ({ x: block.logits / block.weight, y: block.labels / block.weight }))
  const low = extrapolate(centres[0], centres[1], blocks[0].lowest)
  const high = extrapolate(centres[centres.length - 1], centres[centres.length - 2], blocks[blocks.length - 1].highest)
  const points = [...(low ? [low] : []), ...centres, ...(high ? [high] : [])]
  const margin = 1 / (blocks.reduce((sum, block) => sum + block.weight, 0) + 2)
  return {
    method: 'isotonic',
    logits: points.map(point => point.x),
    probabilities: points.map(point => Math.min(1 - margin, Math.max(margin, point.y))),
  }
}

interface Point {
  readonly x: number
  readonly y: number
}

/** The point at `x` on the line through the outermost centre and its neighbour; none where that would not lie further out. */
function extrapolate(outer: Point, inner: Point | undefined, x: number): Point | undefined {
  if (!inner || x === outer.x) return undefined
  return { x, y: outer.y + ((outer.y - inner.y) / (outer.x - inner.x)) * (x - outer.x) }
}

/** Blocks by rising logit whose mean labels strictly rise. Rows of equal logit always share a block. */
function poolViolators({ logits, labels, weights }: CalibrationRows): Block[] {
  const order = Uint32Array.from(logits.keys()).sort((a, b) => logits[a] - logits[b])
  const blocks: Block[] = []
  let previous = Number.NaN
  for (const row of order) {
    if (weights[row] === 0) continue
    const last = blocks.at(-1)
    const block = singleRow(logits[row], labels[row], weights[row])
    if (last && logits[row] === previous) absorb(last, block)
    else blocks.push(block)
    previous = logits[row]
    mergeWhileFalling(blocks)
  }
  return blocks
}

function mergeWhileFalling(blocks: Block[]): void {
  while (blocks.length > 1) {
    const last = blocks[blocks.length - 1]
    const before = blocks[blocks.length - 2]
    if (before.labels * last.weight < last.labels * before.weight) return
    absorb(before, last)
    blocks.pop()
  }
}

/** Joins neighbours; two that remain side by side together exceed 2/knots of the weight, so there are at most `knots`. */
function coarsen(blocks: readonly Block[], knots: number): Block[] {
  if (blocks.length <= knots) return [...blocks]
  const share = (2 * blocks.reduce((sum, block) => sum + block.weight, 0)) / knots
  const coarse: Block[] = []
  for (const block of blocks) {
    const last = coarse.at(-1)
    if (last && last.weight + block.weight <= share) absorb(last, block)
    else coarse.push({ ...block })
  }
  return coarse
}

function singleRow(logit: number, label: number, weight: number): Block {
  return { weight, logits: weight * logit, labels: weight * label, lowest: logit, highest: logit }
}

/** Joins a block with one of higher logits. */
function absorb(target: Block, other: Block): void {
  target.highest = other.highest
  target.weight += other.weight
  target.logits += other.logits
  target.labels += other.labels
}

function outcomeWeights({ labels, weights }: CalibrationRows): { positive: number; negative: number } {
  let [positive, negative] = [0, 0]
  for (let row = 0; row < labels.length; row++) {
    positive += weights[row] * labels[row]
    negative += weights[row] * (1 - labels[row])
  }
  return { positive, negative }
}

function sigmoid(score: number): number {
  return 1 / (1 + Math.exp(-score))
}
