/**
 * What is left below this is nothing. Float32 has no normal numbers below 1.2e-38, and whether a processor keeps the others
 * or takes them for 0 is up to the thread (onnxruntime switches it): the same feature would differ from thread to thread.
 */
const nothingLeft = 1e-20

/** What is left of a weight after `elapsedMs`, in [0, 1]; a negative time, from a late event or an early clock, is 0. */
export function decay(elapsedMs: number, halfLifeMs: number): number {
  return elapsedMs > 0 ? faded(1, Math.exp((-Math.LN2 * elapsedMs) / halfLifeMs)) : 1
}

/** The part of a decayed sum that is left, 0 when that is next to nothing. */
export function faded(sum: number, left: number): number {
  const rest = sum * left
  return Math.abs(rest) < nothingLeft ? 0 : rest
}

/** Written with comparisons so that a NaN becomes the lower bound instead of passing through. */
export function clamp(x: number, low: number, high: number): number {
  return x > low ? (x < high ? x : high) : low
}

/** ln(1 + x), for finite counts and times from 0 up; anything below and NaN is 0. */
export function logCount(x: number): number {
  return x > 0 ? Math.log1p(x) : 0
}

/** Maps any finite value into (−1, 1), for values whose scale is the client's own. */
export function squash(x: number): number {
  return x / (1 + Math.abs(x))
}

/**
 * successes / trials in [0, 1], drawn towards `prior` as by `strength` earlier trials: the mean of a Beta posterior.
 * Logs without the trial event (a like without its click) still give a ratio of at most 1.
 */
export function smoothedRate(successes: number, trials: number, prior: number, strength: number): number {
  return clamp((successes + prior * strength) / (Math.max(trials, successes) + strength), 0, 1)
}
