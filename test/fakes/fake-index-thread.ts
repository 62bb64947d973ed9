import type { ModelSetHandles, ThreadTables } from '../../funnel/ports.ts'
import type { IndexThread, IndexThreadEvents, RetrieveOutcome } from '../../workers/index-thread/proxy.ts'

/** An index thread that a test speaks for; like the real one it answers every call, at the latest when it dies. */
export class FakeIndexThread implements IndexThread {
  readonly events: IndexThreadEvents
  readonly tables: ThreadTables[] = []
  readonly fills: Uint32Array[] = []
  readonly items: Uint32Array[] = []
  readonly prepared: ModelSetHandles[] = []
  readonly retired: number[] = []
  isStopped = false
  private readonly calls: ((outcome: RetrieveOutcome) => void)[] = []

  constructor(events: IndexThreadEvents) {
    this.events = events
  }

  get callsWaiting(): number {
    return this.calls.length
  }

  retrieve(_frame: ArrayBuffer, done: (outcome: RetrieveOutcome) => void): void {
    this.calls.push(done)
  }

  /** Answers the oldest call. */
  answer(outcome: RetrieveOutcome): void {
    this.calls.shift()!(outcome)
  }

  setTables(tables: ThreadTables): void {
    this.tables.push(tables)
  }

  fill(items: Uint32Array): void {
    this.fills.push(items)
  }

  itemsChanged(items: Uint32Array): void {
    this.items.push(items)
  }

  prepare(handles: ModelSetHandles): void {
    this.prepared.push(handles)
  }

  retire(generation: number): void {
    this.retired.push(generation)
  }

  async stop(): Promise<void> {
    this.isStopped = true
  }

  die(): void {
    while (this.calls.length > 0) this.answer({ ok: false, reason: 'the index thread ended' })
    this.events.died('ended on purpose')
  }
}
