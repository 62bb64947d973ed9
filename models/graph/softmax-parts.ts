/** What softmax losses over catalogues, candidates and drawn negatives have in common. */
import { log, mul } from './arithmetic.ts'
import type { Value } from './graph.ts'
import type { Backward } from './operation.ts'
import { reduceSum } from './reduction.ts'

/** Below this a float32 probability is reported as if it were this; only the loss's value is affected, not its gradient. */
const smallestProbability = 1e-37

export interface Parts {
  readonly parts: number
}

/** The rows in equal parts, the last taking what is left. */
export function cutRows(x: Value, parts: number): Value[] {
  if (parts === 1) return [x]
  const outputs = Array.from({ length: parts }, (_, part) => ({
    shape: [`${x.shape[0]}/${part}`, ...x.shape.slice(1)],
    type: x.type,
  }))
  return x.graph.nodes('Split', [x], outputs, { axis: { int: 0 }, num_outputs: { int: parts } })
}

/** −Σ weight · log p of the right answers' probabilities [n, 1]. */
export function negativeLogLikelihood(right: Value, weights: Value): Value {
  const { graph } = right
  const bounded = graph.node('Max', [right, graph.constant(smallestProbability)], right.shape)
  return graph.node('Neg', [reduceSum(mul(log(bounded), weights))], [])
}

/** Of inputs hidden, table, positives, weights, …, where the gradients of the first two are outputs beside the loss. */
export function softmaxGradient({
  graph,
  inputs,
  outputs: [, hiddenGradient, tableGradient],
  gradients: [g],
}: Backward<unknown>): (Value | undefined)[] {
  const [hidden, , , weights] = inputs
  const positivesGradient = mul(hidden, mul(graph.node('Neg', [weights], weights.shape), g!))
  const rest = inputs.slice(3).map(() => undefined)
  return [mul(hiddenGradient, g!), mul(tableGradient, g!), positivesGradient, ...rest]
}
