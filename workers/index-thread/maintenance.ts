/** Told null when the steps ran out, or why they broke off. */
export type MaintenanceDone = (failure: string | null) => void

/**
 * Runs long work on an index in steps, a slice at a time, so that searches that arrive meanwhile wait for one slice at
 * most. Jobs run one after another, in the order they were added. A job that comes while there is none begins at once, so
 * that a small change is in before the next search.
 */
export class Maintenance {
  private readonly sliceMs: number
  private readonly monotonicMs: () => number
  private readonly jobs: { readonly steps: Iterator<void>; readonly done: MaintenanceDone }[] = []
  private scheduled = false
  private isStopped = false

  constructor(sliceMs: number, monotonicMs: () => number) {
    this.sliceMs = sliceMs
    this.monotonicMs = monotonicMs
  }

  add(steps: Iterator<void>, done: MaintenanceDone): void {
    if (this.isStopped) return
    this.jobs.push({ steps, done })
    if (this.jobs.length === 1) this.runSlice()
    this.schedule()
  }

  /** Drops what is left; nobody is told. */
  stop(): void {
    this.isStopped = true
    this.jobs.length = 0
  }

  private schedule(): void {
    if (this.scheduled || this.jobs.length === 0) return
    this.scheduled = true
    setImmediate(() => {
      this.scheduled = false
      this.runSlice()
      this.schedule()
    })
  }

  private runSlice(): void {
    const until = this.monotonicMs() + this.sliceMs
    while (this.jobs.length > 0 && this.monotonicMs() < until) {
      const { steps, done } = this.jobs[0]
      const outcome = step(steps)
      if (outcome === 'more') continue
      this.jobs.shift()
      done(outcome === 'end' ? null : String(outcome.error))
    }
  }
}

function step(steps: Iterator<void>): 'more' | 'end' | { readonly error: unknown } {
  try {
    return steps.next().done === true ? 'end' : 'more'
  } catch (error) {
    return { error }
  }
}
