/** Promises that resolve when a number that only rises has reached what each waits for. */
export class Waiters {
  private reached = 0
  private waiting: { readonly seq: number; readonly resolve: () => void }[] = []

  constructor(reached = 0) {
    this.reached = reached
  }

  until(seq: number): Promise<void> {
    if (seq <= this.reached) return Promise.resolve()
    return new Promise(resolve => this.waiting.push({ seq, resolve }))
  }

  reach(seq: number): void {
    this.reached = Math.max(this.reached, seq)
    if (this.waiting.length === 0) return
    const due = this.waiting.filter(entry => entry.seq <= this.reached)
    if (due.length === 0) return
    this.waiting = this.waiting.filter(entry => entry.seq > this.reached)
    for (const entry of due) entry.resolve()
  }
}
