/**
 * Runs the forward and backward pass of a model in onnxruntime and moves its weights on the host.
 *
 * Invariants
 * 1. Weights, gradients and moments are one flat array each; every variant's session reads the weights where they lie.
 * 2. Step s with the same feeds, variant, seed and state gives the same bits, in an uninterrupted run and after `restore`.
 * 3. One `advance` at a time: the session computes on the calling thread.
 */

import { GraphError, staticSize } from '../graph/shape.ts'
import { Adam, type AdamSettings, type ParameterRange, type StepSize } from '../optimizers/adam.ts'
import { RowAdam, scatterAddRows, squaredNorm } from '../optimizers/row-adam.ts'
import type { Schedule } from '../optimizers/schedule.ts'
import type { Checkpoint } from './checkpoint.ts'
import { Parameters } from './parameters.ts'
import type { Feeds } from './session.ts'
import { type BuildLoss, gradientName, type RowOutput, TrainingVariant } from './training-variant.ts'

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

export class Training {
  readonly parameters: Parameters
  #step = 0
  readonly #settings: TrainingSettings
  readonly #variants: readonly TrainingVariant[]
  readonly #gradients: Parameters
  readonly #adam: Adam
  readonly #ranges: readonly ParameterRange[]
  readonly #tables = new Map<string, RowAdam>()

  private constructor(variants: readonly TrainingVariant[], settings: TrainingSettings) {
    const { specs } = variants[0]
    this.#settings = settings
    this.#variants = variants
    this.parameters = Parameters.initialise(specs, settings.seed)
    this.#gradients = new Parameters(specs.filter(spec => spec.storage === 'dense'))
    this.#adam = new Adam(this.parameters.flat.length, settings.adam)
    this.#ranges = decayRanges(this.parameters)
    for (const { name, shape, storage } of specs) {
      if (storage === 'rows') this.#tables.set(name, new RowAdam(shape[0], staticSize(shape.slice(1)), settings.adam))
    }
    for (const variant of variants) variant.bind(this.parameters)
  }

  /** A training whose batches all have one shape. @throws GraphError */
  static open(build: BuildLoss, settings: TrainingSettings): Promise<Training> {
    return Training.openVariants([build], settings)
  }

  /**
   * A training whose batches come in several shapes, one graph each; all make the same parameters.
   * @throws GraphError when they do not, or when a loss cannot be differentiated
   */
  static async openVariants(builds: readonly BuildLoss[], settings: TrainingSettings): Promise<Training> {
    const variants: TrainingVariant[] = []
    try {
      for (const build of builds) variants.push(await TrainingVariant.open(build, settings.threads))
      if (variants.length === 0) throw new GraphError('A training needs at least one variant of its loss.')
      return new Training(variants, settings)
    } catch (error) {
      for (const variant of variants) await variant.close()
      throw error
    }
  }

  /** Steps taken so far. */
  get step(): number {
    return this.#step
  }

  /** One step on a batch of the given variant; resolves to the loss before the step. @throws TrainingDiverged */
  async advance(batch: Feeds, variant = 0): Promise<number> {
    const step = this.#step + 1
    const { rowOutputs } = this.#variants[variant]
    const outputs = await this.#variants[variant].run(batch, this.#settings.seed, step)
    const loss = outputs.loss[0]
    if (!Number.isFinite(loss)) throw new TrainingDiverged(step, loss)
    this.#collect(outputs, batch, rowOutputs)
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

  async close(): Promise<void> {
    for (const variant of this.#variants) await variant.close()
  }

  #collect(outputs: Record<string, Float32Array>, batch: Feeds, rowOutputs: readonly RowOutput[]): void {
    for (const { name } of this.#gradients.specs) {
      const fetched = outputs[gradientName(name)]
      if (fetched) this.#gradients.view(name).set(fetched)
      else this.#gradients.view(name).fill(0)
    }
    for (const { output, indices, parameter, width } of rowOutputs) {
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
