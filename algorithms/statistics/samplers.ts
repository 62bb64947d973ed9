import type { RandomSource } from './random.ts'

/** A uniform number in [low, high). */
export function sampleUniform(random: RandomSource, low: number, high: number): number {
  return low + (high - low) * random.next()
}

/** A normal variate by Box and Muller (1958). It keeps no spare, so a draw depends on the generator alone. */
export function sampleNormal(random: RandomSource, mean = 0, deviation = 1): number {
  const radius = Math.sqrt(-2 * Math.log(1 - random.next()))
  return mean + deviation * radius * Math.cos(2 * Math.PI * random.next())
}

/** An exponential variate with the given rate (mean 1 / rate), by inversion. */
export function sampleExponential(random: RandomSource, rate: number): number {
  checkPositive(rate, 'the rate of an exponential')
  return -Math.log(1 - random.next()) / rate
}

/** A gamma variate with the given shape and scale (mean shape * scale). Throws RangeError unless both are positive. */
export function sampleGamma(random: RandomSource, shape: number, scale = 1): number {
  checkPositive(shape, 'the shape of a gamma')
  checkPositive(scale, 'the scale of a gamma')
  return Math.exp(logGammaVariate(random, shape)) * scale
}

/** A beta variate in [0, 1] as a ratio of gammas, taken through logarithms: tiny shapes would give 0 / 0 otherwise. */
export function sampleBeta(random: RandomSource, alpha: number, beta: number): number {
  checkPositive(alpha, 'alpha of a beta')
  checkPositive(beta, 'beta of a beta')
  const logX = logGammaVariate(random, alpha)
  const logY = logGammaVariate(random, beta)
  return 1 / (1 + Math.exp(logY - logX))
}

/**
 * The logarithm of a gamma variate of scale 1: Marsaglia and Tsang, "A simple method for generating gamma variables",
 * ACM TOMS 26(3), 2000, with their boost U^(1 / shape) for shapes below 1.
 */
function logGammaVariate(random: RandomSource, shape: number): number {
  if (shape < 1) return logGammaVariate(random, shape + 1) + Math.log(1 - random.next()) / shape
  const d = shape - 1 / 3
  const c = 1 / Math.sqrt(9 * d)
  for (;;) {
    const x = sampleNormal(random)
    const root = 1 + c * x
    if (root <= 0) continue
    const v = root * root * root
    if (Math.log(1 - random.next()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return Math.log(d * v)
  }
}

function checkPositive(value: number, what: string): void {
  if (!(value > 0 && value < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`${what} must be a positive finite number, got ${value}`)
  }
}
