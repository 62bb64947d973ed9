/**
 * The weights of a model on the host.
 *
 * Invariants
 * 1. Dense parameters lie one after another in `flat`, in the order of their specs; `view` never copies.
 * 2. A parameter stored by rows has an array of its own.
 * 3. The first values depend on the seed and the parameter's name, not on what else the model holds.
 */
import type { ParameterSpec } from '../graph/graph.ts'
import { staticSize } from '../graph/shape.ts'
import { deriveKey } from './random.ts'

export class Parameters {
  readonly specs: readonly ParameterSpec[]
  /** All dense parameters. */
  readonly flat: Float32Array
  readonly #views = new Map<string, Float32Array>()

  constructor(specs: readonly ParameterSpec[]) {
    this.specs = specs
    const dense = specs.filter(spec => spec.storage === 'dense')
    this.flat = new Float32Array(dense.reduce((sum, spec) => sum + staticSize(spec.shape), 0))
    let offset = 0
    for (const spec of specs) {
      const size = staticSize(spec.shape)
      if (spec.storage === 'rows') {
        this.#views.set(spec.name, new Float32Array(size))
      } else {
        this.#views.set(spec.name, this.flat.subarray(offset, offset + size))
        offset += size
      }
    }
  }

  /** Weights as they stand before the first step. */
  static initialise(specs: readonly ParameterSpec[], seed: number): Parameters {
    const parameters = new Parameters(specs)
    for (const { name, shape, initialise } of specs) {
      initialise(parameters.view(name), shape, deriveKey(seed, 'initialise', name))
    }
    return parameters
  }

  /** The live values of one parameter. @throws Error when there is none of that name. */
  view(name: string): Float32Array {
    const view = this.#views.get(name)
    if (!view) throw new Error(`There is no parameter ${name}; known are ${[...this.#views.keys()].join(', ')}.`)
    return view
  }

  copyFrom(other: Parameters): void {
    for (const { name } of this.specs) this.view(name).set(other.view(name))
  }
}
