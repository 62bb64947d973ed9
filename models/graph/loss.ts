/** The loss of outcomes that happen or do not. */
import { add, exp, log, mul, relu, sigmoid, sub } from './arithmetic.ts'
import { operation, type Ternary } from './operation.ts'

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
