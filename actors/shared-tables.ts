import type { ItemTableHandles } from '../domain/item-table/layout.ts'
import type { PublishedEpoch } from '../funnel/counters-state.ts'
import type { ThreadTables } from '../funnel/ports.ts'

/** The tables as all threads read them: one version per published epoch, told to everybody who subscribed. */
export class SharedTables {
  current: ThreadTables
  private readonly listeners: ((tables: ThreadTables) => void)[] = []

  constructor(items: ItemTableHandles, first: PublishedEpoch) {
    this.current = { version: 1, items, ...first }
  }

  subscribe(listener: (tables: ThreadTables) => void): void {
    this.listeners.push(listener)
  }

  publish(epoch: PublishedEpoch): void {
    this.current = { ...this.current, ...epoch, version: this.current.version + 1 }
    for (const listener of this.listeners) listener(this.current)
  }
}
