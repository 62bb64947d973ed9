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

/** What a step applies to every element of a range. */
interface StepFactors {
  readonly gradientScale: number
  readonly kept: number
  readonly rate: number
  readonly secondCorrection: number
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

  /** Moves `weights[begin, end)` against the gradients at the same places. */
  update(weights: Float32Array, gradients: Float32Array, { begin, end, decays }: ParameterRange, size: StepSize): void {
    this.#move(weights, gradients, begin, begin, end - begin, this.#factorsOf(size, decays))
  }

  /** Moves the first `count` of the rows of `width` elements against the gradients [count, width], with weight decay. */
  updateRows(
    weights: Float32Array,
    gradients: Float32Array,
    rows: Int32Array,
    count: number,
    width: number,
    size: StepSize,
  ): void {
    const factors = this.#factorsOf(size, true)
    for (let index = 0; index < count; index++) {
      this.#move(weights, gradients, rows[index] * width, index * width, width, factors)
    }
  }

  #factorsOf({ step, learningRate, gradientScale }: StepSize, decays: boolean): StepFactors {
    const { beta1, beta2, weightDecay } = this.#settings
    return {
      gradientScale,
      kept: 1 - (decays ? learningRate * weightDecay : 0),
      rate: learningRate / (1 - beta1 ** step),
      secondCorrection: 1 / (1 - beta2 ** step),
    }
  }

  #move(
    weights: Float32Array,
    gradients: Float32Array,
    begin: number,
    gradientBegin: number,
    length: number,
    { gradientScale, kept, rate, secondCorrection }: StepFactors,
  ): void {
    const { first, second } = this
    const { beta1, beta2, epsilon } = this.#settings
    const shift = gradientBegin - begin
    for (let index = begin; index < begin + length; index++) {
      const gradient = gradients[index + shift] * gradientScale
      const mean = beta1 * first[index] + (1 - beta1) * gradient
      const meanSquare = beta2 * second[index] + (1 - beta2) * gradient * gradient
      first[index] = mean < smallestFirst && mean > -smallestFirst ? 0 : mean
      second[index] = meanSquare < smallestSecond ? 0 : meanSquare
      weights[index] = kept * weights[index] - (rate * mean) / (Math.sqrt(meanSquare * secondCorrection) + epsilon)
    }
  }
}
