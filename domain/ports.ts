/** Epoch milliseconds. Injected everywhere: a decision never reads the machine's clock itself. */
export interface Clock {
  now(): number
}

/** Milliseconds since an arbitrary origin, never going back. For durations and deadlines. */
export interface MonotonicClock {
  ms(): number
}

/** A seeded generator; `next()` is uniform in [0, 1). */
export interface Random {
  next(): number
}

export const systemClock: Clock = { now: () => Date.now() }

export const systemMonotonicClock: MonotonicClock = { ms: () => performance.now() }
