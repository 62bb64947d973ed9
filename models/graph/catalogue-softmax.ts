/** Softmax cross-entropy over a whole catalogue, the largest matrix of next-item training, in parts that stay in cache. */
import { log, mul, sub } from './arithmetic.ts'
import type { Graph, Value } from './graph.ts'
import { gather } from './layout.ts'
import { matmul } from './matrix.ts'
import { apply, type Operation } from './operation.ts'
import { reduceSum } from './reduction.ts'
import { GraphError } from './shape.ts'

/** Below this a float32 probability is reported as if it were this; only the loss's value is affected, not its gradient. */
const smallestProbability = 1e-37

interface Parts {
  readonly parts: number
}

/**
 * Inputs hidden, table, positives (the table's rows at the labels, an input of its own so that its gradient stays a list
 * of rows), labels, weights. The gradient of a part is computed beside its loss, while its probabilities are at hand.
 */
const catalogueSoftmaxOperation: Operation<Parts> = {
  forward: ([hidden, table, positives, labels, weights], { parts }) => {
    const { graph } = hidden
    const cut = (x: Value) => cutRows(x, parts)
    const [hiddenParts, positiveParts, labelParts, weightParts] = [hidden, positives, labels, weights].map(cut)
    const losses: Value[] = []
    const hiddenGradients: Value[] = []
    let tableGradient: Value | undefined
    for (const [part, own] of hiddenParts.entries()) {
      const shape = [own.shape[0], table.shape[0]]
      const logits = graph.node('Gemm', [own, table], shape, { transB: { int: 1 } })
      const probabilities = graph.node('Softmax', [logits], shape, { axis: { int: -1 } })
      losses.push(pickedLoss(graph, probabilities, labelParts[part], weightParts[part]))
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
  gradient: ({
    inputs: [hidden, , , , weights],
    outputs: [, hiddenGradient, tableGradient],
    graph,
    gradients: [g],
  }) => [
    mul(hiddenGradient, g!),
    mul(tableGradient, g!),
    mul(hidden, mul(graph.node('Neg', [weights], weights.shape), g!)),
    undefined,
    undefined,
  ],
}

function cutRows(x: Value, parts: number): Value[] {
  if (parts === 1) return [x]
  const outputs = Array.from({ length: parts }, (_, part) => ({
    shape: [`${x.shape[0]}/${part}`, ...x.shape.slice(1)],
    type: x.type,
  }))
  return x.graph.nodes('Split', [x], outputs, { axis: { int: 0 }, num_outputs: { int: parts } })
}

function pickedLoss(graph: Graph, probabilities: Value, labels: Value, weights: Value): Value {
  const picked = graph.node('GatherElements', [probabilities, labels], labels.shape, { axis: { int: 1 } })
  const bounded = graph.node('Max', [picked, graph.constant(smallestProbability)], labels.shape)
  return graph.node('Neg', [reduceSum(mul(log(bounded), weights))], [])
}

/**
 * Σ over rows of weight · cross-entropy of softmax(hidden · tableᵀ) against the row's label.
 * With P the probabilities: ∂hidden = w·(P·table − table[label]), ∂table = Pᵀ·(w·hidden) and, as a list of rows that the
 * trainer adds on the host, −w·hidden at the labels; so neither a one-hot matrix nor a copy of P is made.
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
  return apply(catalogueSoftmaxOperation, [hidden, table, positives, column, weights], { parts })[0]
}
