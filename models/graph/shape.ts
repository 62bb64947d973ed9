/** Shape arithmetic. A dimension given by name equals only itself. */
import type { Dimension, ElementType, Shape } from '../onnx/model-proto.ts'

/** A graph that cannot be built: shapes that do not fit, a name used twice, a gradient nobody defined. */
export class GraphError extends Error {
  override readonly name = 'GraphError'
}

export function sameShape(left: Shape, right: Shape): boolean {
  return left.length === right.length && left.every((dimension, axis) => dimension === right[axis])
}

/** The shape as numbers. @throws GraphError when a dimension is known only at run time. */
export function staticShape(shape: Shape): number[] {
  return shape.map(dimension => {
    if (typeof dimension === 'number') return dimension
    throw new GraphError(
      `Shape [${shape}] must be known here, but '${dimension}' is open; build the graph with a fixed batch.`,
    )
  })
}

/** The number of elements of a fixed shape. */
export function staticSize(shape: Shape): number {
  return staticShape(shape).reduce((product, size) => product * size, 1)
}

/** The shape of an element-wise result under ONNX (NumPy) broadcasting. */
export function broadcastShape(left: Shape, right: Shape): Shape {
  const rank = Math.max(left.length, right.length)
  return Array.from({ length: rank }, (_, axis) => {
    const a = left[axis - (rank - left.length)] ?? 1
    const b = right[axis - (rank - right.length)] ?? 1
    if (a === b || b === 1) return a
    if (a === 1) return b
    throw new GraphError(`Shapes [${left}] and [${right}] do not broadcast: ${a} meets ${b}.`)
  })
}

/** The axes over which a gradient of shape `from` is summed to become one of shape `to`. */
export function broadcastAxes(from: Shape, to: Shape): number[] {
  const lead = from.length - to.length
  return from.flatMap((dimension, axis) => (axis < lead || to[axis - lead] !== dimension ? [axis] : []))
}

/** Counts a negative axis from the end. */
export function resolveAxis(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis
}

/** The shape with one dimension replaced. */
export function withDimension(shape: Shape, axis: number, dimension: Dimension): Shape {
  return shape.map((old, index) => (index === axis ? dimension : old))
}

/** The elements as ONNX stores them. Assumes a little-endian machine, as onnxruntime itself does. */
export function encodeElements(type: ElementType, values: ArrayLike<number>): Uint8Array {
  const elements = elementArray(type, values)
  return new Uint8Array(elements.buffer, elements.byteOffset, elements.byteLength)
}

function elementArray(type: ElementType, values: ArrayLike<number>): ArrayBufferView {
  switch (type) {
    case 'float32':
      return values instanceof Float32Array ? values : Float32Array.from(values)
    case 'float64':
      return Float64Array.from(values)
    case 'int32':
      return Int32Array.from(values)
    case 'int64':
      return BigInt64Array.from(Array.from(values, BigInt))
    case 'bool':
      return Uint8Array.from(values)
  }
}
