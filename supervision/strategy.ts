/** `fatal`: trying again can not help (a broken configuration, a format that is not understood). */
export type Outcome = 'retryable' | 'fatal'

export interface RestartPolicy {
  /** At most this many restarts within `windowMs`. */
  readonly restartsMax: number
  readonly windowMs: number
  readonly backoffMinMs: number
  readonly backoffMaxMs: number
  readonly backoffFactor: number
  /** The share of the delay that is random, in [0, 1]. */
  readonly jitter: number
  /** The backoff starts over after a life of at least this long. */
  readonly resetAfterMs: number
  /** 'resume' drops the message and keeps the state. */
  readonly onRetryable: 'restart' | 'resume'
  readonly onFatal: 'stop' | 'escalate'
  readonly onExhausted: 'stop' | 'escalate'
  readonly classify: (error: unknown) => Outcome
}

export interface RestartHistory {
  /** When it was restarted, within the window, oldest first; milliseconds of the monotonic clock. */
  readonly restartsAtMs: readonly number[]
  /** Restarts since the last life that was long enough. */
  readonly attempt: number
}

export interface Failure {
  readonly outcome: Outcome
  readonly atMs: number
  /** How long the life that failed had lasted. */
  readonly upMs: number
  /** It failed before it could receive a message: there is no state that could be kept. */
  readonly starting: boolean
}

export type Decision =
  | { readonly kind: 'restart'; readonly delayMs: number; readonly history: RestartHistory }
  | { readonly kind: 'resume' }
  | { readonly kind: 'stop'; readonly reason: string }
  | { readonly kind: 'escalate'; readonly reason: string }

export const noRestarts: RestartHistory = { restartsAtMs: [], attempt: 0 }

/** What to do about a failure. `random` is uniform in [0, 1). */
export function decide(policy: RestartPolicy, history: RestartHistory, failure: Failure, random: number): Decision {
  if (failure.outcome === 'fatal') return { kind: policy.onFatal, reason: 'the error is fatal' }
  if (policy.onRetryable === 'resume' && !failure.starting) return { kind: 'resume' }
  const recent = history.restartsAtMs.filter(atMs => failure.atMs - atMs < policy.windowMs)
  if (recent.length >= policy.restartsMax) {
    return { kind: policy.onExhausted, reason: `${recent.length} restarts within ${policy.windowMs} ms` }
  }
  const attempt = failure.upMs >= policy.resetAfterMs ? 0 : history.attempt
  return {
    kind: 'restart',
    delayMs: backoffMs(policy, attempt, random),
    history: { restartsAtMs: [...recent, failure.atMs], attempt: attempt + 1 },
  }
}

/**
 * Exponential backoff with jitter, so that actors which failed together do not return together:
 * min(max, min · factor^attempt) · (1 − jitter · random).
 * Source: M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
 */
export function backoffMs(policy: RestartPolicy, attempt: number, random: number): number {
  const full = Math.min(policy.backoffMaxMs, policy.backoffMinMs * policy.backoffFactor ** attempt)
  return full * (1 - policy.jitter * random)
}

/** An error says that it is fatal by a property `outcome: 'fatal'`; everything else may go away by itself. */
export function classifyByOutcome(error: unknown): Outcome {
  const outcome = typeof error === 'object' && error !== null && 'outcome' in error ? error.outcome : undefined
  return outcome === 'fatal' ? 'fatal' : 'retryable'
}
