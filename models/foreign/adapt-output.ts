/**
 * Makes a foreign model answer as serving asks: an output `logits` with one column per objective. Its own nodes stay as they
 * are, byte for byte but for the names of values; what is added stands behind them.
 */
import { dataTypes } from '../onnx/model-proto.ts'
import { ProtobufWriter } from '../onnx/protobuf.ts'
import { readFields } from '../onnx/protobuf-reader.ts'

export interface Adaptation {
  /** The output that is taken: `probabilities` are turned into logits. */
  readonly output: 'logits' | 'probabilities'
  /** The objectives that the model's columns stand for, and all there are: a missing one gets logit 0. */
  readonly columns: readonly string[]
  readonly objectives: readonly string[]
}

/** Keeps logarithms finite; float32 knows no number between 1 − 6e-8 and 1. */
const probabilityMin = 1e-7
const own = 'sluice.'
const served = 'logits'

/** Field numbers of onnx.proto3. */
const graphField = 7
const [nodeField, initializerField, valueField, outputField] = [1, 5, 13, 12]

export function adaptOutput(onnx: Uint8Array, adaptation: Adaptation): Uint8Array<ArrayBuffer> {
  const writer = new ProtobufWriter(onnx.length + 4096)
  for (const { number, integer, bytes } of readFields(onnx)) {
    if (integer !== null) writer.int(number, integer)
    else if (number === graphField)
      writer.message(number, graph => writeGraph(graph, bytes, adaptation), bytes.length + 4096)
    else writer.bytes(number, bytes)
  }
  return writer.finish()
}

function writeGraph(graph: ProtobufWriter, original: Uint8Array, adaptation: Adaptation): void {
  for (const { number, integer, bytes } of readFields(original)) {
    if (number === outputField || number === valueField) continue
    if (integer !== null) graph.int(number, integer)
    else if (number === nodeField) graph.message(number, node => renameValues(node, bytes), bytes.length + 64)
    else graph.bytes(number, bytes)
  }
  writeTail(graph, adaptation)
  graph.message(outputField, value => {
    value.string(1, served)
    value.message(2, type => type.message(1, tensor => tensor.int(1, dataTypes.float32)))
  })
}

/** The model's own `logits` makes room for the one that is served. */
function renameValues(node: ProtobufWriter, original: Uint8Array): void {
  for (const { number, integer, bytes } of readFields(original)) {
    const isName = number === 1 || number === 2
    if (integer !== null) node.int(number, integer)
    else if (isName && new TextDecoder().decode(bytes) === served) node.string(number, own + served)
    else node.bytes(number, bytes)
  }
}

function writeTail(graph: ProtobufWriter, { output, columns, objectives }: Adaptation): void {
  const constant = (name: string, values: readonly number[], shape: readonly number[]) =>
    graph.message(initializerField, tensor => {
      for (const size of shape) tensor.int(1, size)
      tensor.int(2, dataTypes.float32)
      tensor.string(8, own + name)
      tensor.bytes(9, new Uint8Array(Float32Array.from(values).buffer))
    })
  const node = (operator: string, inputs: readonly string[], result: string) =>
    graph.message(nodeField, writer => {
      for (const input of inputs) writer.string(1, input)
      writer.string(2, result)
      writer.string(4, operator)
    })
  let logits = own + served
  if (output === 'probabilities') {
    constant('one', [1], [1])
    constant('low', [probabilityMin], [1])
    constant('high', [1 - probabilityMin], [1])
    node('Max', [output, `${own}low`], `${own}bounded.below`)
    node('Min', [`${own}bounded.below`, `${own}high`], `${own}probability`)
    node('Sub', [`${own}one`, `${own}probability`], `${own}complement`)
    node('Log', [`${own}probability`], `${own}log.probability`)
    node('Log', [`${own}complement`], `${own}log.complement`)
    logits = `${own}log.odds`
    node('Sub', [`${own}log.probability`, `${own}log.complement`], logits)
  }
  const placement = columns.flatMap(column => objectives.map(objective => Number(objective === column)))
  constant('placement', placement, [columns.length, objectives.length])
  node('MatMul', [logits, `${own}placement`], served)
}
