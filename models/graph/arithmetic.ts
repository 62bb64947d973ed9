/** Element-wise operations. Binary ones broadcast; a broadcast operand's gradient is summed back to its shape. */
import { dataTypes } from '../onnx/model-proto.ts'
import type { Value } from './graph.ts'
import { apply, type Binary, type Operation, operation, type Unary } from './operation.ts'
import { broadcastAxes, broadcastShape } from './shape.ts'

function binary(operator: string, left: Value, right: Value): Value {
  return left.graph.node(operator, [left, right], broadcastShape(left.shape, right.shape))
}

function unary(operator: string, x: Value): Value {
  return x.graph.node(operator, [x], x.shape)
}

/** Sums a gradient back to the shape of the operand it was broadcast from. */
export function sumTo(gradient: Value, target: Value): Value {
  const { graph } = gradient
  const axes = broadcastAxes(gradient.shape, target.shape)
  if (axes.length === 0) return gradient
  const summedShape = gradient.shape.map((dimension, axis) => (axes.includes(axis) ? 1 : dimension))
  const summed = graph.node('ReduceSum', [gradient, graph.integers(axes)], summedShape, { keepdims: { int: 1 } })
  if (gradient.shape.length === target.shape.length) return summed
  const sizes = target.shape.map(dimension => (typeof dimension === 'number' ? dimension : -1))
  return graph.node('Reshape', [summed, graph.integers(sizes)], target.shape)
}

export const add: Binary = operation({
  forward: (left, right) => binary('Add', left, right),
  gradient: ({ inputs: [left, right], gradient }) => [sumTo(gradient, left), sumTo(gradient, right)],
})

export const sub: Binary = operation({
  forward: (left, right) => binary('Sub', left, right),
  gradient: ({ inputs: [left, right], gradient }) => [sumTo(gradient, left), sumTo(unary('Neg', gradient), right)],
})

export const mul: Binary = operation({
  forward: (left, right) => binary('Mul', left, right),
  gradient: ({ inputs: [left, right], gradient }) => [
    sumTo(mul(gradient, right), left),
    sumTo(mul(gradient, left), right),
  ],
})

export const div: Binary = operation({
  forward: (left, right) => binary('Div', left, right),
  gradient: ({ inputs: [left, right], output, gradient }) => {
    const share = div(gradient, right)
    return [sumTo(share, left), sumTo(unary('Neg', mul(share, output)), right)]
  },
})

/** x multiplied by a constant. */
export function scale(x: Value, factor: number): Value {
  return mul(x, x.graph.constant(factor))
}

export const exp: Unary = operation({
  forward: x => unary('Exp', x),
  gradient: ({ output, gradient }) => [mul(gradient, output)],
})

export const log: Unary = operation({
  forward: x => unary('Log', x),
  gradient: ({ inputs: [x], gradient }) => [div(gradient, x)],
})

/** max(x, 0). Its slope, 1 where it is positive and else 0, is a cast comparison: half the time of the Sign kernel. */
export const relu: Unary = operation({
  forward: x => unary('Relu', x),
  gradient: ({ output, gradient }) => {
    const { graph } = output
    const active = graph.node('Greater', [output, graph.constant(0)], output.shape, {}, { type: 'bool' })
    const slope = graph.node('Cast', [active], output.shape, { to: { int: dataTypes[graph.precision] } })
    return [mul(gradient, slope)]
  },
})

export const sigmoid: Unary = operation({
  forward: x => unary('Sigmoid', x),
  gradient: ({ output, gradient }) => [mul(gradient, sub(output, mul(output, output)))],
})

export const tanh: Unary = operation({
  forward: x => unary('Tanh', x),
  gradient: ({ output, gradient }) => [sub(gradient, mul(gradient, mul(output, output)))],
})

/** 0 for 0, 1 for a positive and -1 for a negative element; takes no gradient. */
export function sign(x: Value): Value {
  return { ...unary('Sign', x), differentiable: false }
}

const clipOperation: Operation<{ readonly bound: number }> = {
  forward: ([x], { bound }) => {
    const { graph } = x
    return [graph.node('Clip', [x, graph.constant(-bound), graph.constant(bound)], x.shape)]
  },
  gradient: ({ inputs: [x], outputs: [y], gradients: [g] }) => {
    const cut = unary('Abs', unary('Sign', sub(x, y)))
    return [sub(g!, mul(g!, cut))]
  },
}

/** x limited to [-bound, bound]; the gradient passes only where nothing was cut. */
export function clip(x: Value, bound: number): Value {
  return apply(clipOperation, [x], { bound })[0]
}

/** An inverted dropout of x: multiplied by a mask that the trainer draws (Srivastava et al., JMLR 2014). Rate 0 is x itself. */
export function dropout(x: Value, rate: number): Value {
  return rate === 0 ? x : mul(x, x.graph.dropoutMask(x.shape, rate))
}
