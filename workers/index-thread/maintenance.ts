/** Told null when the steps ran out, or why they broke off. */
export type MaintenanceDone = (failure: string | null) => void

/**
 * Runs long work on an index in steps, a slice at a time, so that searches that arrive meanwhile wait for one slice at
 * most. Jobs run one after another, in the order they were added. A job that comes while there is none begins at once, so
 * that a small change is in before the next search.
 *
 * Where `shareOf` says less than 1, it rests after each slice for as long as that share leaves to others: a job of many
 * slices otherwise takes a whole core until it is done, and every search waits for a slice.
 */
export class Maintenance {
  private readonly sliceMs: number
  private readonly monotonicMs: () => number
  private readonly jobs: { readonly steps: Iterator<void>; readonly done: MaintenanceDone }[] = []
  private readonly shareOf: () => number
  private scheduled = false
  private isStopped = false

  /** @param shareOf share of the thread to take, above 0; asked after each slice */
  constructor(sliceMs: number, monotonicMs: () => number, shareOf: () => number = () => 1) {
    this.sliceMs = sliceMs
    this.monotonicMs = monotonicMs
    this.shareOf = shareOf
  }

  add(steps: Iterator<void>, done: MaintenanceDone): void {
    if (this.isStopped) return
    this.jobs.push({ steps, done })
    this.schedule(this.jobs.length === 1 ? this.runSlice() : 0)
  }

  /** Drops what is left; nobody is told. */
  stop(): void {
    this.isStopped = true
    this.jobs.length = 0
  }

  private schedule(sliceTookMs: number): void {
    if (this.scheduled || this.jobs.length === 0) return
    this.scheduled = true
    const next = () => {
      this.scheduled = false
      this.schedule(this.runSlice())
    }
    const restMs = sliceTookMs * (1 / this.shareOf() - 1)
    if (restMs > 0) setTimeout(next, restMs)
    else setImmediate(next)
  }

  /** @returns how long it took */
  private runSlice(): number {
    const startedAt = this.monotonicMs()
    const until = startedAt + this.sliceMs
    while (this.jobs.length > 0 && this.monotonicMs() < until) {
      const { steps, done } = this.jobs[0]
      const outcome = step(steps)
      if (outcome === 'more') continue
      this.jobs.shift()
      done(outcome === 'end' ? null : String(outcome.error))
    }
    return this.monotonicMs() - startedAt
  }
}

function step(steps: Iterator<void>): 'more' | 'end' | { readonly error: unknown } {
  try {
    return steps.next().done === true ? 'end' : 'more'
  } catch (error) {
    return { error }
  }
}
