/** Seconds of the parts of a long operation, one after another. */
export class Stopwatch {
  readonly seconds: Record<string, number> = {}
  private at = performance.now()

  /** Ends a part. */
  lap(part: string): void {
    const now = performance.now()
    this.seconds[part] = Math.round((now - this.at) / 10) / 100
    this.at = now
  }
}
