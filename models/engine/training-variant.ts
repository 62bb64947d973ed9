/**
 * One shape of a loss: its graph, forward and backward, compiled into a session. Variants of one training differ in the
 * sizes of what they are fed (a batch of short histories, a batch of long ones) and share every parameter.
 */
import { gradients, type ParameterGradient } from '../graph/gradients.ts'
import { Graph, type ParameterSpec, type Value } from '../graph/graph.ts'
import { GraphError, staticSize } from '../graph/shape.ts'
import type { Parameters } from './parameters.ts'
import { deriveKey, fillDropoutMask } from './random.ts'
import { type Feeds, openSession, run, type Session, tensor } from './session.ts'

/** Makes the model in the graph it is given, and returns its loss, a scalar. */
export type BuildLoss = (graph: Graph) => Value

/** Where a fetched row gradient goes: the indices were fed under `indices`. */
export interface RowOutput {
  readonly output: string
  readonly indices: string
  readonly parameter: string
  readonly width: number
}

interface Mask {
  readonly rate: number
  readonly values: Float32Array
}

export class TrainingVariant {
  readonly specs: readonly ParameterSpec[]
  readonly rowOutputs: readonly RowOutput[]
  readonly #session: Session
  readonly #masks: readonly Mask[]
  readonly #feeds: Feeds = {}
  readonly #fetches: readonly string[]

  private constructor(graph: Graph, found: readonly ParameterGradient[], session: Session) {
    this.specs = graph.parameters
    this.#session = session
    this.rowOutputs = found.flatMap(rowOutputs)
    this.#masks = graph.dropoutMasks.map(({ name, shape, rate }) => {
      const values = new Float32Array(staticSize(shape))
      this.#feeds[name] = tensor(values, shape)
      return { rate, values }
    })
    const whole = found.flatMap(({ parameter, dense }) => (dense ? [gradientName(parameter.name)] : []))
    this.#fetches = ['loss', ...whole, ...this.rowOutputs.map(({ output }) => output)]
  }

  /** Builds the loss, differentiates it and opens a session for both. @throws GraphError */
  static async open(build: BuildLoss, threads: number): Promise<TrainingVariant> {
    const graph = new Graph()
    const loss = build(graph)
    graph.output('loss', loss)
    const found = gradients(loss)
    for (const gradient of found) {
      if (gradient.dense) graph.output(gradientName(gradient.parameter.name), gradient.dense)
      for (const [lookup, { rows }] of gradient.rows.entries()) {
        graph.output(rowsName(gradient.parameter.name, lookup), rows)
      }
    }
    const session = await openSession(graph.build('training'), { threads })
    for (const { indices } of found.flatMap(gradient => gradient.rows)) {
      if (session.inputNames.includes(indices.name)) continue
      await session.release()
      throw new GraphError(
        `Rows are gathered at ${indices.name}, which is computed; the trainer needs indices it feeds.`,
      )
    }
    return new TrainingVariant(graph, found, session)
  }

  /** Makes the session read the weights where they lie. @throws GraphError when they are those of another model. */
  bind(parameters: Parameters): void {
    const fits = (spec: ParameterSpec, other?: ParameterSpec) =>
      spec.name === other?.name && spec.storage === other.storage && `${spec.shape}` === `${other.shape}`
    const { specs } = parameters
    if (specs.length !== this.specs.length || !this.specs.every((spec, place) => fits(spec, specs[place]))) {
      throw new GraphError('Variants of one training must make the same parameters in the same order.')
    }
    for (const { name, shape } of this.specs) this.#feeds[name] = tensor(parameters.view(name), shape)
  }

  /** Loss and gradients of a batch, with the dropout masks of that step. */
  run(batch: Feeds, seed: number, step: number): Promise<Record<string, Float32Array>> {
    for (const [layer, { values, rate }] of this.#masks.entries()) {
      fillDropoutMask(values, rate, deriveKey(seed, 'dropout', layer, step))
    }
    return run(this.#session, { ...this.#feeds, ...batch }, this.#fetches)
  }

  close(): Promise<void> {
    return this.#session.release()
  }
}

/** Output under which the dense gradient of a parameter is fetched. */
export function gradientName(parameter: string): string {
  return `gradient/${parameter}`
}

function rowsName(parameter: string, lookup: number): string {
  return `rows/${parameter}/${lookup}`
}

function rowOutputs({ parameter, rows }: ParameterGradient): RowOutput[] {
  const width = staticSize(parameter.shape.slice(1))
  return rows.map(({ indices }, lookup) => {
    return { output: rowsName(parameter.name, lookup), indices: indices.name, parameter: parameter.name, width }
  })
}
