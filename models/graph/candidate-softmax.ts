/** Softmax cross-entropy of a batch of queries against candidates that they share, their own answers first among them. */
import { mul, sub } from './arithmetic.ts'
import type { Value } from './graph.ts'
import { concat, reshape, slice } from './layout.ts'
import { matmul } from './matrix.ts'
import { apply, type Operation } from './operation.ts'
import { GraphError } from './shape.ts'
import { negativeLogLikelihood, softmaxGradient } from './softmax-parts.ts'

/** Inputs hidden, candidates, positives (the candidates that are answers), weights, mask, bias of each column. */
const candidateSoftmaxOperation: Operation<undefined> = {
  forward: ([hidden, candidates, positives, weights, mask, columnBias]) => {
    const { graph } = hidden
    const [rows] = hidden.shape as readonly number[]
    const [columns] = candidates.shape as readonly number[]
    // The bias of a column is one more element of its candidate: a pass over the whole matrix less.
    const ones = graph.constant(new Float32Array(rows).fill(1), [rows, 1])
    const terms = [concat([hidden, ones]), concat([candidates, reshape(columnBias, [columns, 1])]), mask]
    const logits = graph.node('Gemm', terms, mask.shape, { transB: { int: 1 } })
    const probabilities = graph.node('Softmax', [logits], mask.shape, { axis: { int: -1 } })
    const labels = graph.constant([...Array(rows).keys()], [rows, 1], 'int32')
    const right = graph.node('GatherElements', [probabilities, labels], labels.shape, { axis: { int: 1 } })
    const hiddenGradient = mul(sub(matmul(probabilities, candidates), positives), weights)
    const pulled = matmul(mul(hidden, weights), probabilities, { transposeA: true })
    const candidatesGradient = graph.node('Transpose', [pulled], candidates.shape, { perm: { ints: [1, 0] } })
    return [negativeLogLikelihood(right, weights), hiddenGradient, candidatesGradient]
  },
  gradient: softmaxGradient,
}

/**
 * Σ over rows of weight · cross-entropy of softmax(hidden · candidatesᵀ + columnBias + mask), where row i is to find candidate i.
 * The bias of a column is −log of how often its candidate is expected among the columns (Bengio & Senécal, IEEE Trans. Neural
 * Networks 2008; Yi et al., RecSys 2019); the mask excludes cells. Neither takes a gradient.
 * @param hidden [n, d] @param candidates [c, d], c ≥ n @param weights [n, 1] @param mask [n, c] @param columnBias [c]
 */
export function candidateSoftmax(
  hidden: Value,
  candidates: Value,
  weights: Value,
  mask: Value,
  columnBias: Value,
): Value {
  const [rows] = hidden.shape
  const [columns] = candidates.shape
  const fits = typeof rows === 'number' && typeof columns === 'number' && columns >= rows
  if (!fits || hidden.shape.at(-1) !== candidates.shape.at(-1) || mask.shape.at(-1) !== columns) {
    throw new GraphError(
      `candidateSoftmax takes [n, d], [c, d], [n, 1], [n, c], [c], c ≥ n; got [${hidden.shape}], [${candidates.shape}], [${weights.shape}], [${mask.shape}], [${columnBias.shape}].`,
    )
  }
  const positives = columns === rows ? candidates : slice(candidates, 0, rows, 0)
  return apply(candidateSoftmaxOperation, [hidden, candidates, positives, weights, mask, columnBias], undefined)[0]
}
