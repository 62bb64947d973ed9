/** Sums, means, and what normalises over an axis. */
import type { Shape } from '../onnx/model-proto.ts'
import { add, exp, mul, scale, sub, sumTo } from './arithmetic.ts'
import type { Value } from './graph.ts'
import { expand, reshape } from './layout.ts'
import { apply, type Operation, operation, type Unary } from './operation.ts'
import { resolveAxis, staticSize } from './shape.ts'

interface ReduceOptions {
  readonly axes: readonly number[]
  readonly keepDimensions: boolean
}

const reduceSumOperation: Operation<ReduceOptions> = {
  forward: ([x], { axes, keepDimensions }) => {
    const shape = reducedShape(x.shape, axes, keepDimensions)
    return [
      x.graph.node('ReduceSum', [x, x.graph.integers(axes)], shape, { keepdims: { int: Number(keepDimensions) } }),
    ]
  },
  gradient: ({ inputs: [x], attributes: { axes }, gradients: [g] }) => [
    expand(reshape(g!, reducedShape(x.shape, axes, true)), x),
  ],
}

/** The sum over the axes (all of them unless given), which stay with size 1 when `keepDimensions` is set. */
export function reduceSum(x: Value, axes: readonly number[] = x.shape.keys().toArray(), keepDimensions = false): Value {
  const resolved = axes.map(axis => resolveAxis(axis, x.shape.length))
  return apply(reduceSumOperation, [x], { axes: resolved, keepDimensions })[0]
}

/** The mean over the axes, which must be of fixed size. */
export function reduceMean(
  x: Value,
  axes: readonly number[] = x.shape.keys().toArray(),
  keepDimensions = false,
): Value {
  const count = staticSize(axes.map(axis => x.shape[resolveAxis(axis, x.shape.length)]))
  return scale(reduceSum(x, axes, keepDimensions), 1 / count)
}

/** Softmax over the last axis. */
export const softmax: Unary = operation({
  forward: x => x.graph.node('Softmax', [x], x.shape, { axis: { int: -1 } }),
  gradient: ({ output, gradient }) => {
    const product = mul(gradient, output)
    return [sub(product, mul(output, reduceSum(product, [-1], true)))]
  },
})

/** The logarithm of the softmax over the last axis, stable where probabilities underflow. */
export const logSoftmax: Unary = operation({
  forward: x => x.graph.node('LogSoftmax', [x], x.shape, { axis: { int: -1 } }),
  gradient: ({ output, gradient }) => {
    const probabilities = exp(output)
    return [sub(gradient, mul(probabilities, reduceSum(gradient, [-1], true)))]
  },
})

const layerNormOperation: Operation<{ readonly epsilon: number }> = {
  forward: ([x, gain, bias], { epsilon }) => layerNormForward(x, gain, bias, epsilon),
  gradient: ({ inputs: [x, gain, bias], outputs: [, mean, inverseDeviation], gradients: [g] }) => {
    const normalised = mul(sub(x, mean), inverseDeviation)
    const inner = mul(g!, gain)
    const correlation = reduceMean(mul(inner, normalised), [-1], true)
    const centred = sub(sub(inner, reduceMean(inner, [-1], true)), mul(normalised, correlation))
    return [mul(centred, inverseDeviation), sumTo(mul(g!, normalised), gain), sumTo(g!, bias)]
  },
}

/**
 * Layer normalisation over the last axis (Ba, Kiros, Hinton 2016), gain and bias [d]. The backward pass reuses the
 * kernel's own mean and inverse deviation.
 */
export function layerNorm(x: Value, gain: Value, bias: Value, epsilon = 1e-5): Value {
  return apply(layerNormOperation, [x, gain, bias], { epsilon })[0]
}

/** The float64 kernel reports its statistics in float32, too coarse for a gradient check, so there they are composed. */
function layerNormForward(x: Value, gain: Value, bias: Value, epsilon: number): readonly Value[] {
  const { graph } = x
  const statistic = { shape: reducedShape(x.shape, [x.shape.length - 1], true) }
  if (graph.precision === 'float32') {
    const attributes = { axis: { int: -1 }, epsilon: { float: epsilon } }
    return graph.nodes('LayerNormalization', [x, gain, bias], [{ shape: x.shape }, statistic, statistic], attributes)
  }
  const mean = reduceMean(x, [-1], true)
  const centred = sub(x, mean)
  const variance = reduceMean(mul(centred, centred), [-1], true)
  const deviation = graph.node('Sqrt', [add(variance, graph.constant(epsilon))], statistic.shape)
  const inverseDeviation = graph.node('Reciprocal', [deviation], statistic.shape)
  return [add(mul(mul(centred, inverseDeviation), gain), bias), mean, inverseDeviation]
}

const l2NormaliseOperation: Operation<undefined> = {
  forward: ([x]) => {
    const { graph } = x
    const squares = reduceSum(mul(x, x), [-1], true)
    const length = graph.node('Sqrt', [add(squares, graph.constant(1e-12))], squares.shape)
    const inverseLength = graph.node('Reciprocal', [length], squares.shape)
    return [mul(x, inverseLength), inverseLength]
  },
  gradient: ({ outputs: [y, inverseLength], gradients: [g] }) => [
    mul(sub(g!, mul(y, reduceSum(mul(g!, y), [-1], true))), inverseLength),
  ],
}

/** x divided by its Euclidean length over the last axis; a zero vector stays zero. */
export function l2Normalise(x: Value): Value {
  return apply(l2NormaliseOperation, [x], undefined)[0]
}

function reducedShape(shape: Shape, axes: readonly number[], keepDimensions: boolean): Shape {
  if (keepDimensions) return shape.map((dimension, axis) => (axes.includes(axis) ? 1 : dimension))
  return shape.filter((_, axis) => !axes.includes(axis))
}
