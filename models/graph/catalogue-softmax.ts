/**
 * Softmax cross-entropy over a whole catalogue, the largest matrix of next-item training, in parts that stay in cache.
 *
 * With P the probabilities of the columns and y the row of a label: ∂hidden = w·(P·table − y), ∂table = Pᵀ·(w·hidden), and
 * −w·hidden for each y, which is an input of its own. So neither a one-hot matrix nor a copy of P is made.
 */
import { mul, sub } from './arithmetic.ts'
import type { Value } from './graph.ts'
import { gather } from './layout.ts'
import { matmul } from './matrix.ts'
import { apply, type Operation } from './operation.ts'
import { GraphError } from './shape.ts'
import { cutRows, negativeLogLikelihood, type Parts, softmaxGradient } from './softmax-parts.ts'

/**
 * Inputs hidden, table, positives (the table's rows at the labels), weights, labels. The gradient of a part is computed beside
 * its loss, while its probabilities are at hand.
 */
const catalogueSoftmaxOperation: Operation<Parts> = {
  forward: ([hidden, table, positives, weights, labels], { parts }) => {
    const { graph } = hidden
    const cut = (x: Value) => cutRows(x, parts)
    const [hiddenParts, positiveParts, weightParts, labelParts] = [hidden, positives, weights, labels].map(cut)
    const losses: Value[] = []
    const hiddenGradients: Value[] = []
    let tableGradient: Value | undefined
    for (const [part, own] of hiddenParts.entries()) {
      const shape = [own.shape[0], table.shape[0]]
      const logits = graph.node('Gemm', [own, table], shape, { transB: { int: 1 } })
      const probabilities = graph.node('Softmax', [logits], shape, { axis: { int: -1 } })
      const column = labelParts[part]
      const right = graph.node('GatherElements', [probabilities, column], column.shape, { axis: { int: 1 } })
      losses.push(negativeLogLikelihood(right, weightParts[part]))
      hiddenGradients.push(mul(sub(matmul(probabilities, table), positiveParts[part]), weightParts[part]))
      const weighted = mul(own, weightParts[part])
      // The small matrix is the transposed one: faster than to pack the large one transposed.
      const sum = tableGradient ? [weighted, probabilities, tableGradient] : [weighted, probabilities]
      tableGradient = graph.node('Gemm', sum, [table.shape[1], table.shape[0]], { transA: { int: 1 } })
    }
    const loss = graph.node('Sum', losses, [])
    const hiddenGradient = graph.node('Concat', hiddenGradients, hidden.shape, { axis: { int: 0 } })
    return [loss, hiddenGradient, graph.node('Transpose', [tableGradient!], table.shape, { perm: { ints: [1, 0] } })]
  },
  gradient: softmaxGradient,
}

/**
 * Σ over rows of weight · cross-entropy of softmax(hidden · tableᵀ) against the row's label. What comes back to the table's
 * labelled rows is a list of rows, which the trainer adds up on the host.
 * @param hidden [n, d] @param table [v, d] a parameter @param labels [n] int32, fed @param weights [n, 1]
 * @param parts into how many equal parts the rows are cut, the last taking what is left; n must be at least parts²
 */
export function catalogueSoftmax(hidden: Value, table: Value, labels: Value, weights: Value, parts: number): Value {
  if (hidden.shape.at(-1) !== table.shape.at(-1) || labels.shape.length !== 1 || weights.shape.length !== 2) {
    throw new GraphError(
      `catalogueSoftmax takes [n, d], [v, d], [n], [n, 1]; got [${hidden.shape}], [${table.shape}], [${labels.shape}], [${weights.shape}].`,
    )
  }
  const { graph } = hidden
  const positives = gather(table, labels)
  const column = graph.node('Unsqueeze', [labels, graph.integers([1])], [...labels.shape, 1], {}, { type: 'int32' })
  return apply(catalogueSoftmaxOperation, [hidden, table, positives, weights, column], { parts })[0]
}
