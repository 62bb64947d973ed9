/**
 * Static INT8 quantisation of a finished model: the linear layers are computed in integers (`QGemm` of com.microsoft: unsigned
 * activations × signed weights), everything else stays float. Same inputs, same outputs.
 *
 * Invariants
 * 1. Scales are constants, taken from calibration rows: what a row is answered never depends on the rows beside it.
 * 2. The bytes depend on the model, the calibration rows and the options only.
 * 3. A Relu between two integer layers is the saturation at the stored value 0 and costs nothing.
 */
import type { Feeds } from '../engine/session.ts'
import { encodeModel, type Initializer, type ModelParts, microsoftDomain, type NodeProto } from '../onnx/model-proto.ts'
import { readModel } from '../onnx/read-model.ts'
import { findLinearLayers, type LinearLayer, readersOf } from './linear-layers.ts'
import { type ActivationFormat, activationFormat, quantiseWeights } from './number-format.ts'
import { type Observation, observe } from './observe.ts'

export interface QuantisationOptions {
  /** 8 is a little finer, and wrong on processors that add products in 16 bits; see `quantiseWeights`. */
  readonly weightBits: 7 | 8
  /** Share of the calibration values that the range of an activation holds. */
  readonly coverage: number
}

export const quantisationDefaults: QuantisationOptions = { weightBits: 7, coverage: 1 }

export interface QuantisedModel {
  readonly onnx: Uint8Array<ArrayBuffer>
  /** Number of layers that are computed in integers. */
  readonly layers: number
}

/** The model has no linear layer with constant weights. */
export class NothingToQuantise extends Error {
  override readonly name = 'NothingToQuantise'

  constructor() {
    super('The model has no linear layer with constant weights: an INT8 version would be the model itself.')
  }
}

/**
 * @param calibration inputs as the model is asked with them; some thousand rows, in batches
 * @throws NothingToQuantise, CalibrationNotFinite, ModelUnreadable
 */
export async function quantiseModel(
  onnx: Uint8Array,
  calibration: readonly Feeds[],
  options: Partial<QuantisationOptions> = {},
): Promise<QuantisedModel> {
  const settings = { ...quantisationDefaults, ...options }
  const model = readModel(onnx)
  const found = findLinearLayers(model)
  const inputs = [...new Set(found.map(({ input }) => input))]
  if (inputs.length === 0) throw new NothingToQuantise()
  const observations = await observe(model, inputs, calibration, settings.coverage)
  const layers = found.filter(({ input }) => observations.get(input)!.rank === 2)
  if (layers.length === 0) throw new NothingToQuantise()
  return { onnx: new Rewriting(model, layers, observations, settings).build(), layers: layers.length }
}

/** Name of the stored form of a value. */
const stored = (value: string) => `${value}.u8`

class Rewriting {
  readonly #model: ModelParts
  readonly #settings: QuantisationOptions
  readonly #observations: ReadonlyMap<string, Observation>
  readonly #layerOf: ReadonlyMap<NodeProto, LinearLayer>
  readonly #readers: ReadonlyMap<string, readonly NodeProto[]>
  readonly #nodes: NodeProto[] = []
  readonly #constants: Initializer[] = []
  readonly #formats = new Map<string, ActivationFormat>()
  /** Values of which the stored form is there. */
  readonly #quantised = new Set<string>()
  /** Relus that a layer has taken over. */
  readonly #absorbed = new Set<NodeProto>()

  constructor(
    model: ModelParts,
    layers: readonly LinearLayer[],
    observations: ReadonlyMap<string, Observation>,
    settings: QuantisationOptions,
  ) {
    this.#model = model
    this.#settings = settings
    this.#observations = observations
    this.#layerOf = new Map(layers.map(layer => [layer.node, layer]))
    this.#readers = readersOf(model)
  }

  build(): Uint8Array<ArrayBuffer> {
    for (const node of this.#model.nodes) {
      const layer = this.#layerOf.get(node)
      if (layer !== undefined) this.#replace(layer)
      else if (!this.#absorbed.has(node)) this.#nodes.push(node)
    }
    const read = new Set(this.#nodes.flatMap(node => node.inputs))
    const initializers = [...this.#model.initializers, ...this.#constants].filter(({ name }) => read.has(name))
    return encodeModel({ ...this.#model, nodes: this.#nodes, initializers })
  }

  #replace(layer: LinearLayer): void {
    const { input, output, weights, relu } = layer
    const { scale } = this.#quantise(input)
    const [, columns] = weights.shape
    const quantised = quantiseWeights(float32(weights), columns, this.#settings.weightBits)
    const bias = integerBias(layer, quantised, this.#observations.get(input)!, scale)
    const name = `${output}.int8`
    this.#constant(`${name}.weights`, 'int8', weights.shape, quantised.values)
    this.#constant(`${name}.scales`, 'float32', [columns], quantised.scales)
    this.#constant(`${name}.zeros`, 'int8', [columns], new Int8Array(columns))
    this.#constant(`${name}.bias`, 'int32', [columns], bias)
    const inputs = [stored(input), `${input}.scale`, `${input}.zero`]
    inputs.push(`${name}.weights`, `${name}.scales`, `${name}.zeros`, `${name}.bias`)
    if (relu !== null && this.#isReadByLayersOnly(relu.outputs[0])) {
      const [activated] = relu.outputs
      this.#declare(activated)
      this.#quantised.add(activated)
      this.#absorbed.add(relu)
      this.#product([...inputs, `${activated}.scale`, `${activated}.zero`], stored(activated))
    } else {
      this.#product(inputs, output)
    }
  }

  #product(inputs: readonly string[], output: string): void {
    this.#nodes.push({ operator: 'QGemm', domain: microsoftDomain, inputs, outputs: [output] })
  }

  /** Makes sure that the stored form of a value is there. */
  #quantise(value: string): ActivationFormat {
    const format = this.#declare(value)
    if (!this.#quantised.has(value)) {
      this.#quantised.add(value)
      const inputs = [value, `${value}.scale`, `${value}.zero`]
      this.#nodes.push({ operator: 'QuantizeLinear', inputs, outputs: [stored(value)] })
    }
    return format
  }

  #declare(value: string): ActivationFormat {
    const known = this.#formats.get(value)
    if (known !== undefined) return known
    const { low, high } = this.#observations.get(value)!
    const format = activationFormat(low, high)
    this.#formats.set(value, format)
    this.#constant(`${value}.scale`, 'float32', [], Float32Array.of(format.scale))
    this.#constant(`${value}.zero`, 'uint8', [], Uint8Array.of(format.zero))
    return format
  }

  #isReadByLayersOnly(value: string): boolean {
    const readers = this.#readers.get(value) ?? []
    return readers.length > 0 && readers.every(reader => this.#layerOf.get(reader)?.input === value)
  }

  #constant(name: string, type: Initializer['type'], shape: readonly number[], values: ArrayBufferView): void {
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
    this.#constants.push({ name, type, shape, bytes })
  }
}

/**
 * The bias in units of the integer sums. What rounding the weights adds to each output on average is taken off it (Nagel et
 * al., "Data-free quantization", ICCV 2019, section 4.2).
 */
function integerBias(
  { weights, bias }: LinearLayer,
  { values, scales }: { readonly values: Int8Array; readonly scales: Float32Array },
  { columnMeans }: Observation,
  scale: number,
): Int32Array {
  const outputs = scales.length
  const real = float32(weights)
  const sums = new Float64Array(outputs)
  if (bias !== null) sums.set(float32(bias))
  for (let at = 0; at < real.length; at++) {
    const output = at % outputs
    sums[output] += columnMeans[Math.floor(at / outputs)] * (real[at] - values[at] * scales[output])
  }
  return Int32Array.from(sums, (sum, output) => Math.round(sum / (scale * scales[output])))
}

function float32({ bytes }: Initializer): Float32Array {
  return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4)
}
