/** Loss functions. */
import { add, exp, log, mul, relu, sigmoid, sub } from './arithmetic.ts'
import type { Value } from './graph.ts'
import { expand } from './layout.ts'
import { matmul } from './matrix.ts'
import { apply, type Operation, operation, type Ternary } from './operation.ts'
import { reduceSum } from './reduction.ts'
import { GraphError } from './shape.ts'

/**
 * Element-wise binary cross-entropy of logits against labels in [0, 1], times a weight (0 masks the element), all of one
 * shape. Computed as max(x, 0) − x·y + log(1 + exp(−|x|)), which neither overflows nor loses small losses.
 */
export const binaryCrossEntropy: Ternary = operation({
  forward: (logits, labels, weights) => {
    const { graph } = logits
    const negativeMagnitude = graph.node('Neg', [graph.node('Abs', [logits], logits.shape)], logits.shape)
    const softplus = add(relu(logits), log(add(exp(negativeMagnitude), graph.constant(1))))
    return mul(sub(softplus, mul(logits, labels)), weights)
  },
  gradient: ({ inputs: [logits, labels, weights], gradient }) => [
    mul(mul(gradient, weights), sub(sigmoid(logits), labels)),
    undefined,
    undefined,
  ],
})

/** Below this a float32 probability is reported as if it were this; only the loss's value is affected, not its gradient. */
const smallestProbability = 1e-37

const softmaxCrossEntropyOperation: Operation<undefined> = {
  forward: ([hidden, table, labels, weights, ...bias]) => {
    const { graph } = hidden
    const shape = [hidden.shape[0], table.shape[0]]
    const logits = graph.node('Gemm', [hidden, table, ...bias], shape, { transB: { int: 1 } })
    const probabilities = graph.node('Softmax', [logits], shape, { axis: { int: -1 } })
    const picked = graph.node('GatherElements', [probabilities, labels], labels.shape, { axis: { int: 1 } })
    const bounded = graph.node('Max', [picked, graph.constant(smallestProbability)], labels.shape)
    const loss = reduceSum(mul(log(bounded), weights))
    return [graph.node('Neg', [loss], []), probabilities]
  },
  /** With δ = p − onehot(label): ∂hidden = w·(δE), ∂table = δᵀ(w·hidden). The scatter has one index per row: no race. */
  gradient: ({ graph, inputs: [hidden, table, labels, weights], outputs: [, probabilities], gradients: [g] }) => {
    const minusOne = expand(graph.constant(-1), labels)
    const attributes = { axis: { int: 1 }, reduction: { string: 'add' } }
    const delta = graph.node('ScatterElements', [probabilities, labels, minusOne], probabilities.shape, attributes)
    const rowScale = mul(weights, g!)
    return [
      mul(matmul(delta, table), rowScale),
      matmul(delta, mul(hidden, rowScale), { transposeA: true }),
      undefined,
      undefined,
    ]
  },
}

/**
 * Σ over rows of weight · cross-entropy of softmax(hidden · tableᵀ + columnBias) against the row's label, without a
 * one-hot matrix. For sampled or in-batch candidates the bias is −log Q of each column's sampling probability
 * (Bengio & Senécal 2008; Yi et al., RecSys 2019); it takes no gradient.
 * @param hidden [n, d] @param table [v, d] @param labels [n, 1] int32, column of the positive
 * @param weights [n, 1], 0 masks a row @param columnBias [v]
 */
export function softmaxCrossEntropy(
  hidden: Value,
  table: Value,
  labels: Value,
  weights: Value,
  columnBias?: Value,
): Value {
  if (hidden.shape.at(-1) !== table.shape.at(-1) || labels.shape.length !== 2 || weights.shape.length !== 2) {
    throw new GraphError(
      `softmaxCrossEntropy takes [n, d], [v, d], [n, 1], [n, 1]; got [${hidden.shape}], [${table.shape}], [${labels.shape}], [${weights.shape}].`,
    )
  }
  const inputs = [hidden, table, labels, weights]
  return apply(softmaxCrossEntropyOperation, columnBias ? [...inputs, columnBias] : inputs, undefined)[0]
}
