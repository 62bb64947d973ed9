import { ItemTableReader } from '../domain/item-table/item-table.ts'
import { emptyPopularLists, type PopularLists } from '../domain/popular-lists.ts'
import { CounterEpochReader } from '../domain/shared/counter-epochs.ts'
import type { ThreadTables } from './ports.ts'

/** Readers over the shared tables of this process, renewed when a newer version is published. */
export class TableReaders {
  version = -1
  popular: PopularLists = emptyPopularLists
  private itemReader: ItemTableReader | null = null
  private counterReader: CounterEpochReader | null = null
  private readonly epochs = new Map<number, CounterEpochReader>()

  get items(): ItemTableReader {
    if (this.itemReader === null) throw new RangeError('no tables have arrived')
    return this.itemReader
  }

  get counters(): CounterEpochReader {
    if (this.counterReader === null) throw new RangeError('no tables have arrived')
    return this.counterReader
  }

  set(tables: ThreadTables): void {
    if (tables.version <= this.version) return
    this.version = tables.version
    this.itemReader ??= new ItemTableReader(tables.items)
    this.popular = tables.popular
    if (tables.counters.epoch === this.counterReader?.epoch) return
    this.counterReader = new CounterEpochReader(tables.counters)
    this.epochs.set(tables.counters.epoch, this.counterReader)
    if (this.epochs.size > epochsKept) this.epochs.delete(this.epochs.keys().next().value!)
  }

  /**
   * The counters a request pinned.
   * @throws RangeError when that epoch is older than the last few, which outlive the deadline of any request
   */
  countersAt(epoch: number): CounterEpochReader {
    const reader = this.epochs.get(epoch)
    if (reader === undefined) throw new RangeError(`counter epoch ${epoch} is gone`)
    return reader
  }
}

/** Requests read an epoch for at most their deadline; older epochs are let go. */
export const epochsKept = 8
