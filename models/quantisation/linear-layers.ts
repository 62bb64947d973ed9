import type { Attribute, Initializer, ModelParts, NodeProto } from '../onnx/model-proto.ts'

/** A product with constant weights that can be computed in integers, and the Relu that may go with it. */
export interface LinearLayer {
  readonly node: NodeProto
  readonly input: string
  readonly output: string
  /** float32 [k, n]. */
  readonly weights: Initializer
  /** float32 [n]. */
  readonly bias: Initializer | null
  /** The Relu that is the only reader of the output. */
  readonly relu: NodeProto | null
}

/** The linear layers of a model, in its order. */
export function findLinearLayers(model: ModelParts): LinearLayer[] {
  const constants = new Map(model.initializers.map(initializer => [initializer.name, initializer]))
  const readers = readersOf(model)
  const layers: LinearLayer[] = []
  for (const node of model.nodes) {
    const [input, weightName, biasName] = node.inputs
    const weights = constants.get(weightName)
    const bias = biasName === undefined ? null : constants.get(biasName)
    if (!isPlainProduct(node) || constants.has(input) || weights === undefined || bias === undefined) continue
    if (weights.type !== 'float32' || weights.shape.length !== 2) continue
    if (bias !== null && (bias.shape.length !== 1 || bias.shape[0] !== weights.shape[1])) continue
    const [output] = node.outputs
    const [reader, ...others] = readers.get(output) ?? []
    const relu = reader?.operator === 'Relu' && others.length === 0 ? reader : null
    layers.push({ node, input, output, weights, bias, relu })
  }
  return layers
}

/** The nodes that read each value. An output of the model counts as read by a node of its own, see `Graph.output`. */
export function readersOf({ nodes }: ModelParts): ReadonlyMap<string, readonly NodeProto[]> {
  const readers = new Map<string, NodeProto[]>()
  for (const node of nodes) {
    for (const input of new Set(node.inputs)) {
      const known = readers.get(input)
      if (known === undefined) readers.set(input, [node])
      else known.push(node)
    }
  }
  return readers
}

const products = ['Gemm', 'MatMul', 'FusedMatMul']
/** What the attributes of a product must be, where they are given: no transposition, no factors. */
const plain: Readonly<Record<string, number>> = { transA: 0, transB: 0, alpha: 1, beta: 1 }

function isPlainProduct({ operator, attributes = {} }: NodeProto): boolean {
  return (
    products.includes(operator) && Object.entries(attributes).every(([name, value]) => plain[name] === number(value))
  )
}

function number(attribute: Attribute): number {
  if ('int' in attribute) return attribute.int
  return 'float' in attribute ? attribute.float : Number.NaN
}
