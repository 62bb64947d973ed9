/**
 * A graph under construction: values, nodes, parameters, and the tape that differentiation walks backwards.
 *
 * Invariants
 * 1. A value's shape is known when it is made; only dimensions given by name (the batch of a served model) stay open.
 * 2. Nodes stand in topological order: a node uses only values made before it.
 * 3. A parameter has one name, one shape and one place in `parameters`, whether it becomes an input (training) or an
 *    initializer (serving); the calls that make it are the same.
 * 4. The tape holds every operation through which a parameter reaches a value, in the order of construction.
 */
import type { Attribute, ElementType, Initializer, NodeProto, Shape, ValueInfo } from '../onnx/model-proto.ts'
import { encodeModel } from '../onnx/model-proto.ts'
import type { TapeEntry } from './operation.ts'
import { encodeElements, GraphError, staticShape, staticSize } from './shape.ts'

export type Precision = 'float32' | 'float64'

/** A tensor in a graph, row-major. */
export interface Value {
  readonly graph: Graph
  readonly name: string
  readonly type: ElementType
  readonly shape: Shape
  /** Whether a parameter influences it, that is, whether a gradient can be asked through it. */
  readonly differentiable: boolean
}

/** Fills a parameter's first values from a key (`random.ts`). */
export type Initialiser = (values: Float32Array, shape: readonly number[], key: number) => void

export interface ParameterSpec {
  readonly name: string
  readonly shape: readonly number[]
  readonly initialise: Initialiser
  /** `dense`: every element moves at every step. `rows`: only rows that were looked up move (an embedding table). */
  readonly storage: 'dense' | 'rows'
}

/** An inverted dropout mask that the trainer must feed, freshly drawn at each step. */
export interface DropoutMask {
  readonly name: string
  readonly shape: readonly number[]
  readonly rate: number
}

export interface GraphOptions {
  /** float64 exists for gradient checks against finite differences; models train and serve in float32. */
  readonly precision?: Precision
  /** When given, parameters become initializers with these values; otherwise they become inputs. */
  readonly weights?: { view(name: string): Float32Array }
}

export class Graph {
  readonly precision: Precision
  readonly parameters: ParameterSpec[] = []
  readonly dropoutMasks: DropoutMask[] = []
  readonly tape: TapeEntry[] = []
  readonly #weights: GraphOptions['weights']
  readonly #names = new Set<string>()
  readonly #inputs: ValueInfo[] = []
  readonly #initializers: Initializer[] = []
  readonly #nodes: NodeProto[] = []
  readonly #outputs: ValueInfo[] = []
  #counter = 0
  #taping = true

  constructor(options: GraphOptions = {}) {
    this.precision = options.precision ?? 'float32'
    this.#weights = options.weights
  }

  /** A tensor fed at each run. */
  input(name: string, shape: Shape, type: ElementType = this.precision): Value {
    return this.#input(name, shape, type, false)
  }

  /**
   * A trained tensor of that name and shape.
   * @throws GraphError when the name is taken, or when the given weights do not fit the shape.
   */
  parameter(
    name: string,
    shape: readonly number[],
    initialise: Initialiser,
    storage: ParameterSpec['storage'] = 'dense',
  ): Value {
    this.parameters.push({ name, shape, initialise, storage })
    if (!this.#weights) return this.#input(name, shape, this.precision, true)
    const values = this.#weights.view(name)
    if (values.length !== staticSize(shape)) {
      throw new GraphError(
        `Parameter ${name} has ${values.length} weights; its shape [${shape}] needs ${staticSize(shape)}.`,
      )
    }
    return this.#initializer(name, values, shape, this.precision)
  }

  /** A constant of the graph, a scalar unless a shape is given. */
  constant(
    values: number | ArrayLike<number>,
    shape: readonly number[] = [],
    type: ElementType = this.precision,
  ): Value {
    const elements = typeof values === 'number' ? [values] : values
    return this.#initializer(this.#freshName('constant'), elements, shape, type)
  }

  /** A vector of int64, the type ONNX wants for shapes, axes and bounds. */
  integers(values: readonly number[]): Value {
    return this.constant(values, [values.length], 'int64')
  }

  /** Adds an inverted dropout mask to what training feeds. */
  dropoutMask(shape: Shape, rate: number): Value {
    const mask = { name: `dropout.${this.dropoutMasks.length}`, shape: staticShape(shape), rate }
    this.dropoutMasks.push(mask)
    return this.input(mask.name, shape)
  }

  /** Puts an application on the tape, unless it happens inside `untaped`. */
  record(entry: TapeEntry): void {
    if (this.#taping) this.tape.push(entry)
  }

  /** Builds nodes that the tape does not see: the inside of an operation, or the backward pass. */
  untaped<Result>(build: () => Result): Result {
    const outer = this.#taping
    this.#taping = false
    try {
      return build()
    } finally {
      this.#taping = outer
    }
  }

  /** Adds one ONNX node with one output. */
  node(
    operator: string,
    inputs: readonly Value[],
    shape: Shape,
    attributes?: Readonly<Record<string, Attribute>>,
    options: { readonly domain?: string; readonly type?: ElementType } = {},
  ): Value {
    return this.nodes(operator, inputs, [{ shape, type: options.type }], attributes, options.domain)[0]
  }

  /** Adds one ONNX node with several outputs. */
  nodes(
    operator: string,
    inputs: readonly Value[],
    outputs: readonly { readonly shape: Shape; readonly type?: ElementType }[],
    attributes?: Readonly<Record<string, Attribute>>,
    domain?: string,
  ): Value[] {
    const differentiable = inputs.some(input => input.differentiable)
    const values = outputs.map(output => {
      const name = this.#freshName(operator)
      return { graph: this, name, type: output.type ?? this.precision, shape: output.shape, differentiable }
    })
    const inputNames = inputs.map(input => input.name)
    this.#nodes.push({ operator, inputs: inputNames, outputs: values.map(value => value.name), attributes, domain })
    return values
  }

  /** Names a value as an output of the model. */
  output(name: string, value: Value): void {
    this.#claim(name)
    this.#nodes.push({ operator: 'Identity', inputs: [value.name], outputs: [name] })
    this.#outputs.push({ name, type: value.type, shape: value.shape })
  }

  /** The model's bytes. Nodes and inputs that no output depends on are left out. */
  build(name: string): Uint8Array<ArrayBuffer> {
    const needed = new Set(this.#outputs.map(output => output.name))
    const nodes: NodeProto[] = []
    for (const node of this.#nodes.toReversed()) {
      if (!node.outputs.some(output => needed.has(output))) continue
      for (const input of node.inputs) needed.add(input)
      nodes.push(node)
    }
    return encodeModel({
      name,
      nodes: nodes.reverse(),
      initializers: this.#initializers.filter(initializer => needed.has(initializer.name)),
      inputs: this.#inputs.filter(input => needed.has(input.name)),
      outputs: this.#outputs,
    })
  }

  #input(name: string, shape: Shape, type: ElementType, differentiable: boolean): Value {
    this.#claim(name)
    this.#inputs.push({ name, type, shape })
    return { graph: this, name, type, shape, differentiable }
  }

  #initializer(name: string, values: ArrayLike<number>, shape: readonly number[], type: ElementType): Value {
    this.#claim(name)
    this.#initializers.push({ name, type, shape, bytes: encodeElements(type, values) })
    return { graph: this, name, type, shape, differentiable: false }
  }

  #freshName(prefix: string): string {
    return `${prefix}_${this.#counter++}`
  }

  #claim(name: string): void {
    if (this.#names.has(name))
      throw new GraphError(`The name ${name} is used twice in one graph; give each value its own.`)
    this.#names.add(name)
  }
}
