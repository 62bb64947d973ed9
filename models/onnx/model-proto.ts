/**
 * Encodes a graph as an ONNX ModelProto, field numbers from onnx.proto3 (github.com/onnx/onnx). IR 10 and opset 21 are
 * inside what onnxruntime 1.30 accepts (IR 8–13, opset up to 26); `com.microsoft` brings FusedMatMul.
 */
import { ProtobufWriter } from './protobuf.ts'

const irVersion = 10
const opsetVersion = 21
const microsoftOpsetVersion = 1
export const microsoftDomain = 'com.microsoft'

export type ElementType = 'float32' | 'float64' | 'int32' | 'int64' | 'bool'
/** What only constants of a quantised model hold. */
export type QuantisedType = 'uint8' | 'int8'
/** A number of elements, or the name of a dimension that is known only at run time. */
export type Dimension = number | string
export type Shape = readonly Dimension[]

/** TensorProto.DataType. */
export const dataTypes: Record<ElementType | QuantisedType, number> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float64: 11,
}

export type Attribute =
  | { readonly int: number }
  | { readonly float: number }
  | { readonly ints: readonly number[] }
  | { readonly string: string }

export interface NodeProto {
  readonly operator: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes?: Readonly<Record<string, Attribute>>
  readonly domain?: string
}

export interface ValueInfo {
  readonly name: string
  readonly type: ElementType
  /** Absent: whatever the nodes make of it. */
  readonly shape?: Shape
}

export interface Initializer {
  readonly name: string
  readonly type: ElementType | QuantisedType
  readonly shape: readonly number[]
  /** The elements, row-major and little-endian, as ONNX stores them. */
  readonly bytes: Uint8Array
}

export interface ModelParts {
  readonly name: string
  readonly nodes: readonly NodeProto[]
  readonly initializers: readonly Initializer[]
  readonly inputs: readonly ValueInfo[]
  readonly outputs: readonly ValueInfo[]
}

/** The bytes of a ModelProto, ready for `InferenceSession.create` or a `.onnx` file. */
export function encodeModel(parts: ModelParts): Uint8Array<ArrayBuffer> {
  const initializerBytes = parts.initializers.reduce((sum, initializer) => sum + initializer.bytes.length + 64, 0)
  const capacityBytes = initializerBytes + 128 * (parts.nodes.length + parts.inputs.length + 8)
  const model = new ProtobufWriter(capacityBytes)
  model.int(1, irVersion)
  model.string(2, 'sluice')
  model.message(7, graph => writeGraph(graph, parts), capacityBytes)
  model.message(8, opset => opset.int(2, opsetVersion))
  model.message(8, opset => {
    opset.string(1, microsoftDomain)
    opset.int(2, microsoftOpsetVersion)
  })
  return model.finish()
}

function writeGraph(graph: ProtobufWriter, parts: ModelParts): void {
  for (const node of parts.nodes) graph.message(1, writer => writeNode(writer, node))
  graph.string(2, parts.name)
  for (const initializer of parts.initializers) {
    graph.message(5, writer => writeInitializer(writer, initializer), initializer.bytes.length + 64)
  }
  for (const input of parts.inputs) graph.message(11, writer => writeValueInfo(writer, input))
  for (const output of parts.outputs) graph.message(12, writer => writeValueInfo(writer, output))
}

function writeNode(writer: ProtobufWriter, node: NodeProto): void {
  for (const input of node.inputs) writer.string(1, input)
  for (const output of node.outputs) writer.string(2, output)
  writer.string(4, node.operator)
  for (const [name, attribute] of Object.entries(node.attributes ?? {})) {
    writer.message(5, nested => writeAttribute(nested, name, attribute))
  }
  if (node.domain) writer.string(7, node.domain)
}

/** AttributeProto.type must agree with the field that is set: 1 float, 2 int, 3 string, 7 ints. */
function writeAttribute(writer: ProtobufWriter, name: string, attribute: Attribute): void {
  writer.string(1, name)
  if ('float' in attribute) {
    writer.float(2, attribute.float)
    writer.int(20, 1)
  } else if ('int' in attribute) {
    writer.int(3, attribute.int)
    writer.int(20, 2)
  } else if ('string' in attribute) {
    writer.string(4, attribute.string)
    writer.int(20, 3)
  } else {
    for (const value of attribute.ints) writer.int(8, value)
    writer.int(20, 7)
  }
}

function writeInitializer(writer: ProtobufWriter, initializer: Initializer): void {
  for (const size of initializer.shape) writer.int(1, size)
  writer.int(2, dataTypes[initializer.type])
  writer.string(8, initializer.name)
  writer.bytes(9, initializer.bytes)
}

function writeValueInfo(writer: ProtobufWriter, info: ValueInfo): void {
  writer.string(1, info.name)
  writer.message(2, type =>
    type.message(1, tensor => {
      tensor.int(1, dataTypes[info.type])
      const { shape } = info
      if (shape === undefined) return
      tensor.message(2, writer => {
        for (const dimension of shape) writer.message(1, nested => writeDimension(nested, dimension))
      })
    }),
  )
}

function writeDimension(writer: ProtobufWriter, dimension: Dimension): void {
  if (typeof dimension === 'number') writer.int(1, dimension)
  else writer.string(2, dimension)
}
