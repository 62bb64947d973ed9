/**
 * Reads back a model that `encodeModel` wrote, so that a finished model can be transformed. It understands what this
 * program writes and refuses the rest: a transformation must not lose what it does not know.
 */
import {
  type Attribute,
  type Dimension,
  dataTypes,
  type ElementType,
  type Initializer,
  type ModelParts,
  type NodeProto,
  type ValueInfo,
} from './model-proto.ts'
import { ProtobufInvalid, readFields } from './protobuf-reader.ts'

/** The bytes are no ONNX model, or hold something that this program does not write. */
export class ModelUnreadable extends Error {
  override readonly name = 'ModelUnreadable'

  constructor(problem: string) {
    super(`The ONNX model cannot be transformed: ${problem}. Only models that this program wrote can be.`)
  }
}

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)

/** Fields of a ModelProto and a TensorProto that say nothing about what is computed: versions, producer, notes. */
const modelNotes = [1, 2, 3, 4, 5, 6, 8]

/** @throws ModelUnreadable */
export function readModel(bytes: Uint8Array): ModelParts {
  try {
    let graph: Uint8Array | undefined
    for (const field of readFields(bytes)) {
      if (field.number === 7) graph = field.bytes
      else if (!modelNotes.includes(field.number)) throw unknown('model', field.number)
    }
    if (graph === undefined) throw new ModelUnreadable('it has no graph')
    return readGraph(graph)
  } catch (error) {
    if (error instanceof ProtobufInvalid) throw new ModelUnreadable(`it is damaged (${error.message})`)
    throw error
  }
}

function readGraph(bytes: Uint8Array): ModelParts {
  const parts = {
    name: '',
    nodes: [] as NodeProto[],
    initializers: [] as Initializer[],
    inputs: [] as ValueInfo[],
    outputs: [] as ValueInfo[],
  }
  for (const field of readFields(bytes)) {
    if (field.number === 1) parts.nodes.push(readNode(field.bytes))
    else if (field.number === 2) parts.name = text(field.bytes)
    else if (field.number === 5) parts.initializers.push(readInitializer(field.bytes))
    else if (field.number === 11) parts.inputs.push(readValueInfo(field.bytes))
    else if (field.number === 12) parts.outputs.push(readValueInfo(field.bytes))
    else throw unknown('graph', field.number)
  }
  return parts
}

function readNode(bytes: Uint8Array): NodeProto {
  const node = {
    operator: '',
    inputs: [] as string[],
    outputs: [] as string[],
    attributes: {} as Record<string, Attribute>,
    domain: undefined as string | undefined,
  }
  for (const field of readFields(bytes)) {
    if (field.number === 1) node.inputs.push(text(field.bytes))
    else if (field.number === 2) node.outputs.push(text(field.bytes))
    else if (field.number === 4) node.operator = text(field.bytes)
    else if (field.number === 5) Object.assign(node.attributes, readAttribute(field.bytes))
    else if (field.number === 7) node.domain = text(field.bytes)
    else if (field.number !== 3) throw unknown('node', field.number)
  }
  return node
}

/** The fields that hold a value agree with `type`; see `model-proto.ts`. */
function readAttribute(bytes: Uint8Array): Record<string, Attribute> {
  let name = ''
  let attribute: Attribute | undefined
  const ints: number[] = []
  for (const field of readFields(bytes)) {
    if (field.number === 1) name = text(field.bytes)
    else if (field.number === 2) attribute = { float: view(field.bytes).getFloat32(0, true) }
    else if (field.number === 3) attribute = { int: Number(field.integer) }
    else if (field.number === 4) attribute = { string: text(field.bytes) }
    else if (field.number === 8) ints.push(Number(field.integer))
    else if (field.number !== 20) throw unknown('attribute', field.number)
  }
  return { [name]: attribute ?? { ints } }
}

function readInitializer(bytes: Uint8Array): Initializer {
  const shape: number[] = []
  let [name, code, content] = ['', 0, new Uint8Array(0)]
  for (const field of readFields(bytes)) {
    if (field.number === 1) shape.push(Number(field.integer))
    else if (field.number === 2) code = Number(field.integer)
    else if (field.number === 8) name = text(field.bytes)
    else if (field.number === 9) content = new Uint8Array(field.bytes)
    else throw unknown('tensor', field.number)
  }
  return { name, type: typeOf(code), shape, bytes: content }
}

function readValueInfo(bytes: Uint8Array): ValueInfo {
  const name = text(fieldsOf(bytes, 1)[0])
  const [tensor] = fieldsOf(fieldsOf(bytes, 2)[0], 1)
  const type = [...readFields(tensor)].find(field => field.number === 1)
  const [shape] = fieldsOf(tensor, 2)
  const dimensions = shape && fieldsOf(shape, 1).map(readDimension)
  return { name, type: typeOf(Number(type?.integer)) as ElementType, ...(shape && { shape: dimensions }) }
}

function readDimension(bytes: Uint8Array): Dimension {
  for (const field of readFields(bytes)) return field.number === 1 ? Number(field.integer) : text(field.bytes)
  return ''
}

function fieldsOf(bytes: Uint8Array, number: number): Uint8Array[] {
  return readFields(bytes)
    .filter(field => field.number === number)
    .map(field => field.bytes)
    .toArray()
}

function typeOf(code: number): Initializer['type'] {
  for (const [type, known] of Object.entries(dataTypes)) if (known === code) return type as Initializer['type']
  throw new ModelUnreadable(`it holds tensors of data type ${code}`)
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function unknown(where: string, field: number): ModelUnreadable {
  return new ModelUnreadable(`a ${where} holds field ${field}`)
}
