/** Softmax cross-entropy against drawn negatives, for catalogues too large to score whole, in parts that stay in cache. */
import { mul, sub } from './arithmetic.ts'
import type { Value } from './graph.ts'
import { concat, slice, transpose } from './layout.ts'
import { matmul } from './matrix.ts'
import { apply, type Operation } from './operation.ts'
import { reduceSum } from './reduction.ts'
import { GraphError } from './shape.ts'
import { cutRows, negativeLogLikelihood, type Parts } from './softmax-parts.ts'

/** A logit that leaves its column without a share. */
const excluded = -1e9

/** The gradients of hidden, positives and negatives are computed beside the loss of a part, while its shares are at hand. */
const sampledSoftmaxOperation: Operation<Parts> = {
  forward: ([hidden, positives, negatives, labels, drawn, bias, weights], { parts }) => {
    const { graph } = hidden
    const [count, dimension] = negatives.shape as readonly number[]
    // The positive's share stands in a column before the negatives', whose row of zeros it meets in the products.
    const columns = concat([graph.constant(new Float32Array(dimension), [1, dimension]), negatives], 0)
    const cut = (x: Value) => cutRows(x, parts)
    const [hiddenParts, positiveParts, labelParts, weightParts] = [hidden, positives, labels, weights].map(cut)
    const losses: Value[] = []
    const hiddenGradients: Value[] = []
    const positiveGradients: Value[] = []
    let columnGradient: Value | undefined
    for (const [part, own] of hiddenParts.entries()) {
      const [positive, weight] = [positiveParts[part], weightParts[part]]
      const shape = [own.shape[0], count]
      const free = graph.node('Gemm', [own, negatives, bias], shape, { transB: { int: 1 } })
      const isOwn = graph.node('Equal', [labelParts[part], drawn], shape, {}, { type: 'bool' })
      const logits = graph.node('Where', [isOwn, graph.constant(excluded), free], shape)
      const joined = concat([reduceSum(mul(own, positive), [1], true), logits], 1)
      const shares = graph.node('Softmax', [joined], joined.shape, { axis: { int: -1 } })
      const right = slice(shares, 0, 1)
      losses.push(negativeLogLikelihood(right, weight))
      const pull = mul(sub(right, graph.constant(1)), weight)
      const weighted = mul(own, weight)
      const wrong = mul(matmul(shares, columns), weight)
      hiddenGradients.push(graph.node('Add', [wrong, mul(positive, pull)], own.shape))
      positiveGradients.push(mul(own, pull))
      const sum = columnGradient ? [weighted, shares, columnGradient] : [weighted, shares]
      columnGradient = graph.node('Gemm', sum, [dimension, 1 + count], { transA: { int: 1 } })
    }
    const whole = (rows: readonly Value[]) => graph.node('Concat', rows, hidden.shape, { axis: { int: 0 } })
    const negativeGradient = transpose(slice(columnGradient!, 1, 1 + count), [1, 0])
    return [graph.node('Sum', losses, []), whole(hiddenGradients), whole(positiveGradients), negativeGradient]
  },
  gradient: ({ outputs: [, hidden, positives, negatives], gradients: [g] }) => [
    ...[hidden, positives, negatives].map(gradient => mul(gradient, g!)),
    ...Array(4).fill(undefined),
  ],
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
  /** −log of the expected number of times that each negative is drawn [k]. */
  readonly bias: Value
  /** [n, 1] */
  readonly weights: Value
}

/**
 * Σ over rows of weight · cross-entropy of the positive against itself and the negatives, whose logits are corrected by the
 * probability of their being drawn, so that the sum over them estimates that over the whole catalogue (Bengio & Senécal,
 * IEEE Trans. Neural Networks 2008). The positive is never left to chance and takes no correction.
 * @param parts into how many equal parts the rows are cut, the last taking what is left; n must be at least parts²
 */
export function sampledSoftmax(inputs: SampledSoftmaxInputs, parts: number): Value {
  const { hidden, positives, negatives, labels, drawn, bias, weights } = inputs
  if (hidden.shape.at(-1) !== negatives.shape.at(-1) || labels.shape.length !== 2 || drawn.shape.length !== 2) {
    throw new GraphError(
      `sampledSoftmax takes [n, d], [k, d], [n, 1], [1, k]; got [${hidden.shape}], [${negatives.shape}], [${labels.shape}], [${drawn.shape}].`,
    )
  }
  return apply(sampledSoftmaxOperation, [hidden, positives, negatives, labels, drawn, bias, weights], { parts })[0]
}
