/** Softmax cross-entropy against drawn negatives, for catalogues too large to score whole. */
import { add, log, mul, sub } from './arithmetic.ts'
import type { Value } from './graph.ts'
import { concat, split } from './layout.ts'
import { matmul } from './matrix.ts'
import { apply, type Operation } from './operation.ts'
import { reduceSum } from './reduction.ts'
import { GraphError } from './shape.ts'

/** A logit that leaves its column without a share. */
const excluded = -1e9
const smallestProbability = 1e-37

const sampledSoftmaxOperation: Operation<undefined> = {
  forward: ([hidden, positives, negatives, labels, drawn, bias, weights]) => {
    const { graph } = hidden
    const [rows] = hidden.shape
    const [count] = negatives.shape
    const free = add(matmul(hidden, negatives, { transposeB: true }), bias)
    const own = graph.node('Equal', [labels, drawn], free.shape, {}, { type: 'bool' })
    const logits = graph.node('Where', [own, graph.constant(excluded), free], free.shape)
    const joined = concat([reduceSum(mul(hidden, positives), [1], true), logits], 1)
    const shares = graph.node('Softmax', [joined], joined.shape, { axis: { int: -1 } })
    const [right, wrong] = split(shares, [1, count as number], 1)
    const bounded = graph.node('Max', [right, graph.constant(smallestProbability)], [rows, 1])
    const loss = graph.node('Neg', [reduceSum(mul(log(bounded), weights))], [])
    return [loss, right, wrong]
  },
  gradient: ({ graph, inputs, outputs: [, right, wrong], gradients: [g] }) => {
    const [hidden, positives, negatives, , , , weights] = inputs
    const rowScale = mul(weights, g!)
    const scaled = mul(hidden, rowScale)
    const pull = sub(right, graph.constant(1))
    return [
      mul(add(matmul(wrong, negatives), mul(positives, pull)), rowScale),
      mul(scaled, pull),
      matmul(wrong, scaled, { transposeA: true }),
      undefined,
      undefined,
      undefined,
      undefined,
    ]
  },
}

export interface SampledSoftmaxInputs {
  /** [n, d] */
  readonly hidden: Value
  /** Vector of each row's label [n, d]. */
  readonly positives: Value
  /** Vectors of negatives that all rows share [k, d]. */
  readonly negatives: Value
  /** Item of each row's label [n, 1] and of each negative [1, k], int32: where they are equal, the negative is left out. */
  readonly labels: Value
  readonly drawn: Value
  /** −log of the expected number of times that each negative is drawn [1, k]. */
  readonly bias: Value
  /** [n, 1] */
  readonly weights: Value
}

/**
 * Σ over rows of weight · cross-entropy of the positive against itself and the negatives, whose logits are corrected by the
 * probability of their being drawn, so that the sum over them estimates that over the whole catalogue (Bengio & Senécal,
 * IEEE Trans. Neural Networks 2008). The positive is never left to chance and takes no correction.
 */
export function sampledSoftmax(inputs: SampledSoftmaxInputs): Value {
  const { hidden, positives, negatives, labels, drawn, bias, weights } = inputs
  if (hidden.shape.at(-1) !== negatives.shape.at(-1) || labels.shape.length !== 2 || drawn.shape.length !== 2) {
    throw new GraphError(
      `sampledSoftmax takes [n, d], [k, d], [n, 1], [1, k]; got [${hidden.shape}], [${negatives.shape}], [${labels.shape}], [${drawn.shape}].`,
    )
  }
  return apply(sampledSoftmaxOperation, [hidden, positives, negatives, labels, drawn, bias, weights], undefined)[0]
}
