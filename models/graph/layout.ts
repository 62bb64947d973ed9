/** Operations that move elements without computing: reshape, split, concat, slice, gather. */
import { type Dimension, dataTypes, type Shape } from '../onnx/model-proto.ts'
import type { Value } from './graph.ts'
import { apply, type Binary, type Operation, operation } from './operation.ts'
import { GraphError, resolveAxis, withDimension } from './shape.ts'

const reshapeOperation: Operation<{ readonly shape: Shape }> = {
  forward: ([x], { shape }) => {
    if (shape.filter(dimension => typeof dimension === 'string').length > 1) {
      throw new GraphError(`reshape: at most one dimension of [${shape}] may be open.`)
    }
    const sizes = shape.map(dimension => (typeof dimension === 'number' ? dimension : -1))
    return [x.graph.node('Reshape', [x, x.graph.integers(sizes)], shape)]
  },
  gradient: ({ inputs: [x], gradients: [g] }) => [reshape(g!, x.shape)],
}

/** The same elements under another shape, of which one dimension may be open. */
export function reshape(x: Value, shape: Shape): Value {
  return apply(reshapeOperation, [x], { shape })[0]
}

/** Zeros of the value's shape, also where that is known only at run time. */
function zerosLike(x: Value): Value {
  return expand(x.graph.constant(0), x)
}

/** x broadcast to the shape of another value; takes no gradient. */
export function expand(x: Value, like: Value): Value {
  const { graph } = x
  const shape = graph.node('Shape', [like], [like.shape.length], {}, { type: 'int64' })
  return graph.node('Expand', [x, shape], like.shape)
}

const splitOperation: Operation<{ readonly axis: number; readonly sizes: readonly number[] }> = {
  forward: ([x], { axis, sizes }) => {
    const total = sizes.reduce((sum, size) => sum + size, 0)
    if (x.shape[axis] !== total) {
      throw new GraphError(`split: parts of ${sizes.join(' + ')} do not add up to axis ${axis} of [${x.shape}].`)
    }
    const outputs = sizes.map(size => ({ shape: withDimension(x.shape, axis, size) }))
    return x.graph.nodes('Split', [x, x.graph.integers(sizes)], outputs, { axis: { int: axis } })
  },
  gradient: ({ outputs, attributes: { axis }, gradients }) => [
    concat(
      gradients.map((gradient, part) => gradient ?? zerosLike(outputs[part])),
      axis,
    ),
  ],
}

/** Cuts x along an axis into parts of the given sizes. */
export function split(x: Value, sizes: readonly number[], axis = -1): readonly Value[] {
  return apply(splitOperation, [x], { axis: resolveAxis(axis, x.shape.length), sizes })
}

const concatOperation: Operation<{ readonly axis: number }> = {
  forward: ([first, ...rest], { axis }) => {
    const total = [first, ...rest].reduce((sum, part) => sum + fixedSize(part, axis), 0)
    return [
      first.graph.node('Concat', [first, ...rest], withDimension(first.shape, axis, total), { axis: { int: axis } }),
    ]
  },
  gradient: ({ inputs, attributes: { axis }, gradients: [g] }) => {
    const sizes = inputs.map(part => fixedSize(part, axis))
    return split(g!, sizes, axis)
  },
}

/** Joins values along an axis on which each has a fixed size. */
export function concat(parts: readonly Value[], axis = -1): Value {
  return apply(concatOperation, parts, { axis: resolveAxis(axis, parts[0].shape.length) })[0]
}

interface SliceOptions {
  readonly axis: number
  readonly begin: number
  readonly end: number
}

const sliceOperation: Operation<SliceOptions> = {
  forward: ([x], { axis, begin, end }) => {
    const { graph } = x
    if (begin < 0 || end > fixedSize(x, axis) || begin >= end) {
      throw new GraphError(`slice: ${begin}..${end} is not a part of axis ${axis} of [${x.shape}].`)
    }
    const bounds = [graph.integers([begin]), graph.integers([end]), graph.integers([axis])]
    return [graph.node('Slice', [x, ...bounds], withDimension(x.shape, axis, end - begin))]
  },
  gradient: ({ graph, inputs: [x], attributes: { axis, begin, end }, gradients: [g] }) => {
    const rank = x.shape.length
    const pads = Array.from({ length: 2 * rank }, () => 0)
    pads[axis] = begin
    pads[rank + axis] = fixedSize(x, axis) - end
    return [graph.node('Pad', [g!, graph.integers(pads)], x.shape)]
  },
}

/** The elements begin ≤ i < end along an axis of fixed size. */
export function slice(x: Value, begin: number, end: number, axis = -1): Value {
  return apply(sliceOperation, [x], { axis: resolveAxis(axis, x.shape.length), begin, end })[0]
}

/**
 * The rows of a table [count, …] at `indices` (int32, any shape). The gradient stays a list of rows, which the trainer
 * adds up on the host: a scatter inside the graph with repeated indices is a data race (onnxruntime issue 18048).
 */
export const gather: Binary = operation({
  forward: (table, indices) =>
    table.graph.node('Gather', [table, indices], [...indices.shape, ...table.shape.slice(1)]),
  gradient: ({ inputs: [, indices], gradient }) => [{ indices, rows: gradient }, undefined],
})

/**
 * The rows of a computed value [count, d] at `indices` (int32 [n]), none of which may come twice. The gradient is written
 * into zeros by a plain scatter, which is free of races because its rows are distinct.
 */
export const selectRows: Binary = operation({
  forward: (x, indices) => x.graph.node('Gather', [x, indices], [...indices.shape, ...x.shape.slice(1)]),
  gradient: ({ inputs: [x, indices], gradient }) => {
    const { graph } = x
    const wide = graph.node('Cast', [indices], indices.shape, { to: { int: dataTypes.int64 } }, { type: 'int64' })
    const column = graph.node('Unsqueeze', [wide, graph.integers([1])], [...indices.shape, 1], {}, { type: 'int64' })
    return [graph.node('ScatterND', [zerosLike(x), column, gradient], x.shape), undefined]
  },
})

const transposeOperation: Operation<{ readonly order: readonly number[] }> = {
  forward: ([x], { order }) => [
    x.graph.node(
      'Transpose',
      [x],
      order.map(axis => x.shape[axis]),
      { perm: { ints: order } },
    ),
  ],
  gradient: ({ attributes: { order }, gradients: [g] }) => [
    transpose(
      g!,
      order.map((_, axis) => order.indexOf(axis)),
    ),
  ],
}

/** x with its axes in another order: axis i of the result is axis order[i] of x. */
export function transpose(x: Value, order: readonly number[]): Value {
  return apply(transposeOperation, [x], { order })[0]
}

function fixedSize(x: Value, axis: number): number {
  const size: Dimension | undefined = x.shape[axis]
  if (typeof size === 'number') return size
  throw new GraphError(`Axis ${axis} of [${x.shape}] must have a fixed size here.`)
}
