/**
 * Runs the forward and backward pass of a model in onnxruntime and moves its weights on the host.
 *
 * Invariants
 * 1. Weights, gradients and moments are one flat array each; the session reads the weights where they lie.
 * 2. Step s with the same feeds, seed and state gives the same bits, in an uninterrupted run and after `restore`.
 * 3. One `advance` at a time: the session computes on the calling thread.
 */

import { gradients, type ParameterGradient } from '../graph/gradients.ts'
import { type DropoutMask, Graph, type Value } from '../graph/graph.ts'
import { GraphError, staticSize } from '../graph/shape.ts'
import { Adam, type AdamSettings, type ParameterRange, type StepSize } from '../optimizers/adam.ts'
import { RowAdam, scatterAddRows, squaredNorm } from '../optimizers/row-adam.ts'
import type { Schedule } from '../optimizers/schedule.ts'
import type { Checkpoint } from './checkpoint.ts'
import { Parameters } from './parameters.ts'
import { deriveKey, fillDropoutMask } from './random.ts'
import { type Feeds, openSession, run, type Session, tensor } from './session.ts'

export interface TrainingSettings {
  readonly seed: number
  readonly threads: number
  readonly adam: AdamSettings
  readonly schedule: Schedule
  /** Largest Euclidean norm of the whole gradient; longer ones are shortened to it. */
  readonly clipNorm: number
}

/** The loss of a step was not a finite number. */
export class TrainingDiverged extends Error {
  override readonly name = 'TrainingDiverged'

  constructor(step: number, loss: number) {
    super(`The loss became ${loss} at step ${step}. Lower the learning rate, or look for non-finite inputs.`)
  }
}

interface Mask {
  readonly rate: number
  readonly values: Float32Array
}

/** Where a fetched row gradient goes: the indices were fed under `indices`. */
interface RowOutput {
  readonly output: string
  readonly indices: string
  readonly parameter: string
  readonly width: number
}

export class Training {
  readonly parameters: Parameters
  #step = 0
  readonly #settings: TrainingSettings
  readonly #session: Session
  readonly #feeds: Feeds = {}
  readonly #fetches: string[] = ['loss']
  readonly #masks: Mask[]
  readonly #rowOutputs: readonly RowOutput[]
  readonly #gradients: Parameters
  readonly #adam: Adam
  readonly #ranges: readonly ParameterRange[]
  readonly #tables = new Map<string, RowAdam>()

  private constructor(graph: Graph, found: readonly ParameterGradient[], session: Session, settings: TrainingSettings) {
    this.#settings = settings
    this.#session = session
    this.parameters = Parameters.initialise(graph.parameters, settings.seed)
    this.#gradients = new Parameters(graph.parameters.filter(spec => spec.storage === 'dense'))
    this.#adam = new Adam(this.parameters.flat.length, settings.adam)
    this.#ranges = decayRanges(this.parameters)
    this.#masks = graph.dropoutMasks.map(mask => this.#addMask(mask))
    this.#rowOutputs = found.flatMap(rowOutputs)
    for (const { name, shape, storage } of graph.parameters) {
      this.#feeds[name] = tensor(this.parameters.view(name), shape)
      if (storage === 'rows') this.#tables.set(name, new RowAdam(shape[0], staticSize(shape.slice(1)), settings.adam))
    }
    for (const { parameter, dense } of found) if (dense) this.#fetches.push(gradientName(parameter.name))
    for (const { output } of this.#rowOutputs) this.#fetches.push(output)
  }

  /**
   * Builds the loss, differentiates it and opens a session for both.
   * @param build makes the model in the graph it is given, and returns its loss, a scalar
   */
  static async open(build: (graph: Graph) => Value, settings: TrainingSettings): Promise<Training> {
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
    const session = await openSession(graph.build('training'), settings)
    for (const { indices } of found.flatMap(gradient => gradient.rows)) {
      if (!session.inputNames.includes(indices.name)) {
        throw new GraphError(
          `Rows are gathered at ${indices.name}, which is computed; the trainer needs indices it feeds.`,
        )
      }
    }
    return new Training(graph, found, session, settings)
  }

  /** Steps taken so far. */
  get step(): number {
    return this.#step
  }

  /** One step on a batch; resolves to the loss before the step. @throws TrainingDiverged */
  async advance(batch: Feeds): Promise<number> {
    const step = this.#step + 1
    for (const [layer, { values, rate }] of this.#masks.entries()) {
      fillDropoutMask(values, rate, deriveKey(this.#settings.seed, 'dropout', layer, step))
    }
    const outputs = await run(this.#session, { ...this.#feeds, ...batch }, this.#fetches)
    const loss = outputs.loss[0]
    if (!Number.isFinite(loss)) throw new TrainingDiverged(step, loss)
    this.#collect(outputs, batch)
    const size = { step, learningRate: this.#settings.schedule(step), gradientScale: this.#clipScale() }
    this.#apply(size)
    this.#step = step
    return loss
  }

  /** The present state. Its arrays are the live ones: save it before the next step. */
  checkpoint(): Checkpoint {
    return { seed: this.#settings.seed, step: this.#step, arrays: this.#arrays() }
  }

  /** Continues from a checkpoint of the same model. @throws Error when it is of another seed or model. */
  restore(checkpoint: Checkpoint): void {
    if (checkpoint.seed !== this.#settings.seed) {
      throw new Error(`The checkpoint was made with seed ${checkpoint.seed}, this training has ${this.#settings.seed}.`)
    }
    const pairs = Object.entries(this.#arrays()).map(([name, live]) => ({ name, live, saved: checkpoint.arrays[name] }))
    for (const { name, live, saved } of pairs) {
      if (saved?.length !== live.length) {
        throw new Error(`The checkpoint has ${saved?.length ?? 0} values of ${name}; this model has ${live.length}.`)
      }
    }
    for (const { live, saved } of pairs) live.set(saved)
    this.#step = checkpoint.step
  }

  close(): Promise<void> {
    return this.#session.release()
  }

  #addMask({ name, shape, rate }: DropoutMask): Mask {
    const values = new Float32Array(staticSize(shape))
    this.#feeds[name] = tensor(values, shape)
    return { rate, values }
  }

  #collect(outputs: Record<string, Float32Array>, batch: Feeds): void {
    for (const { name } of this.#gradients.specs) {
      const fetched = outputs[gradientName(name)]
      if (fetched) this.#gradients.view(name).set(fetched)
      else this.#gradients.view(name).fill(0)
    }
    for (const { output, indices, parameter, width } of this.#rowOutputs) {
      const rows = batch[indices].data as Int32Array
      const table = this.#tables.get(parameter)
      if (table) table.accumulate(rows, outputs[output])
      else scatterAddRows(this.#gradients.view(parameter), rows, outputs[output], width)
    }
  }

  #clipScale(): number {
    let squares = squaredNorm(this.#gradients.flat)
    for (const table of this.#tables.values()) squares += table.squaredNorm()
    const norm = Math.sqrt(squares)
    return norm > this.#settings.clipNorm ? this.#settings.clipNorm / norm : 1
  }

  #apply(size: StepSize): void {
    for (const range of this.#ranges) this.#adam.update(this.parameters.flat, this.#gradients.flat, range, size)
    for (const [name, table] of this.#tables) table.update(this.parameters.view(name), size)
  }

  #arrays(): Record<string, Float32Array> {
    const arrays = { weights: this.parameters.flat, first: this.#adam.first, second: this.#adam.second }
    for (const [name, { adam }] of this.#tables) {
      Object.assign(arrays, {
        [`${name}/weights`]: this.parameters.view(name),
        [`${name}/first`]: adam.first,
        [`${name}/second`]: adam.second,
      })
    }
    return arrays
  }
}

function gradientName(parameter: string): string {
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

/** Matrices decay; vectors (biases, gains) do not, as usual for AdamW. */
function decayRanges(parameters: Parameters): ParameterRange[] {
  let begin = 0
  return parameters.specs
    .filter(spec => spec.storage === 'dense')
    .map(({ shape }) => {
      const range = { begin, end: begin + staticSize(shape), decays: shape.length > 1 }
      begin = range.end
      return range
    })
}
