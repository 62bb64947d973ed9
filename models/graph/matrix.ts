/** Matrix products. Transposition is a flag of the product (FusedMatMul, Gemm), never a node of its own. */
import { microsoftDomain, type Shape } from '../onnx/model-proto.ts'
import type { Value } from './graph.ts'
import { apply, type Operation, operation, type Ternary } from './operation.ts'
import { GraphError, sameShape } from './shape.ts'

export interface MatmulOptions {
  readonly transposeA?: boolean
  readonly transposeB?: boolean
  /** A factor on the product, free of charge (attention's 1/√d). */
  readonly scale?: number
}

const matmulOperation: Operation<MatmulOptions> = {
  forward: ([a, b], { transposeA = false, transposeB = false, scale = 1 }) => [
    a.graph.node(
      'FusedMatMul',
      [a, b],
      productShape(a.shape, b.shape, transposeA, transposeB),
      { transA: { int: Number(transposeA) }, transB: { int: Number(transposeB) }, alpha: { float: scale } },
      { domain: microsoftDomain },
    ),
  ],
  gradient: ({ inputs: [a, b], attributes: { transposeA = false, transposeB = false, scale }, gradients: [g] }) => [
    transposeA
      ? matmul(b, g!, { transposeA: transposeB, transposeB: true, scale })
      : matmul(g!, b, { transposeB: !transposeB, scale }),
    transposeB
      ? matmul(g!, a, { transposeA: true, transposeB: transposeA, scale })
      : matmul(a, g!, { transposeA: !transposeA, scale }),
  ],
}

/** scale · op(a) · op(b) for matrices [m, k] × [k, n], or stacks of them with the same leading dimensions. */
export function matmul(a: Value, b: Value, options: MatmulOptions = {}): Value {
  return apply(matmulOperation, [a, b], options)[0]
}

/** x · weight + bias for x [n, k], weight [k, m], bias [m]: one Gemm, into which onnxruntime also fuses a Relu. */
export const linear: Ternary = operation({
  forward: (x, weight, bias) => {
    const shape = productShape(x.shape, weight.shape, false, false)
    if (!sameShape(bias.shape, shape.slice(1))) {
      throw new GraphError(`linear: a bias of shape [${bias.shape}] does not fit an output of shape [${shape}].`)
    }
    return x.graph.node('Gemm', [x, weight, bias], shape)
  },
  gradient: ({ inputs: [x, weight, bias], gradient }) => {
    const { graph } = x
    return [
      matmul(gradient, weight, { transposeB: true }),
      matmul(x, gradient, { transposeA: true }),
      graph.node('ReduceSum', [gradient, graph.integers([0])], bias.shape, { keepdims: { int: 0 } }),
    ]
  },
})

function productShape(a: Shape, b: Shape, transposeA: boolean, transposeB: boolean): Shape {
  const [m, innerA] = transposeA ? [a.at(-1), a.at(-2)] : [a.at(-2), a.at(-1)]
  const [innerB, n] = transposeB ? [b.at(-1), b.at(-2)] : [b.at(-2), b.at(-1)]
  const stack = a.slice(0, -2)
  if (m === undefined || n === undefined || innerA !== innerB || !sameShape(stack, b.slice(0, -2))) {
    const flag = (transposed: boolean) => (transposed ? 'ᵀ' : '')
    throw new GraphError(`Matrices [${a}]${flag(transposeA)} and [${b}]${flag(transposeB)} cannot be multiplied.`)
  }
  return [...stack, m, n]
}
