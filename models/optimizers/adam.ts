/**
 * Adam with decoupled weight decay (Kingma & Ba, ICLR 2015; Loshchilov & Hutter, ICLR 2019) on flat arrays.
 *
 * Invariant: `first` and `second` change only in `update`, and hold no denormal numbers, which would make the arithmetic of
 * rarely active weights up to a hundred times slower.
 */
export interface AdamSettings {
  /** Decay rate of the mean of gradients. */
  readonly beta1: number
  /** Decay rate of the mean of squared gradients. */
  readonly beta2: number
  readonly epsilon: number
  /** Share of a weight that is removed per step, times the learning rate. */
  readonly weightDecay: number
}

export const adamDefaults: AdamSettings = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 }

/** What one step applies everywhere. */
export interface StepSize {
  /** 1 for the first step. */
  readonly step: number
  readonly learningRate: number
  /** A factor on every gradient, from clipping by the global norm. */
  readonly gradientScale: number
}

/** A range of elements of the flat arrays that shares one weight decay. */
export interface ParameterRange {
  readonly begin: number
  readonly end: number
  readonly decays: boolean
}

const smallestFirst = 1e-30
const smallestSecond = 1e-36

export class Adam {
  /** Mean of gradients. */
  readonly first: Float32Array
  /** Mean of squared gradients. */
  readonly second: Float32Array
  readonly #settings: AdamSettings

  constructor(length: number, settings: AdamSettings) {
    this.first = new Float32Array(length)
    this.second = new Float32Array(length)
    this.#settings = settings
  }

  /** Moves `weights[begin, end)` against `gradients[gradientBegin, …)`. */
  update(
    weights: Float32Array,
    gradients: Float32Array,
    range: ParameterRange,
    size: StepSize,
    gradientBegin = range.begin,
  ): void {
    const { first, second } = this
    const { beta1, beta2, epsilon, weightDecay } = this.#settings
    const { learningRate, gradientScale } = size
    const kept = 1 - (range.decays ? learningRate * weightDecay : 0)
    const rate = learningRate / (1 - beta1 ** size.step)
    const secondCorrection = 1 / (1 - beta2 ** size.step)
    const shift = gradientBegin - range.begin
    for (let index = range.begin; index < range.end; index++) {
      const gradient = gradients[index + shift] * gradientScale
      const mean = beta1 * first[index] + (1 - beta1) * gradient
      const meanSquare = beta2 * second[index] + (1 - beta2) * gradient * gradient
      first[index] = mean < smallestFirst && mean > -smallestFirst ? 0 : mean
      second[index] = meanSquare < smallestSecond ? 0 : meanSquare
      weights[index] = kept * weights[index] - (rate * mean) / (Math.sqrt(meanSquare * secondCorrection) + epsilon)
    }
  }
}
