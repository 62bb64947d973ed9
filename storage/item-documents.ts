import { LRUCache } from 'lru-cache'
import type { Item } from '../domain/item.ts'
import { decodeItem, encodeItem } from './item-codec.ts'
import type { OnlineStore } from './online-store.ts'

const space = 'items'

/** One write of one item; `item` is undefined for a removal. Its identity tells it from later writes. */
interface PendingWrite {
  readonly item: Item | undefined
}

/**
 * Whole items by ordinal, for what memory does not hold: titles, texts, reasons.
 *
 * 1. A read shows the last write at once, durable or not. A write that fails is taken back.
 * 2. The cache holds durable items only, at most `cacheEntries` of them, the least recently read leave first.
 * 3. Items that come out are shared with other readers.
 */
export class ItemDocuments {
  readonly #store: OnlineStore
  readonly #cache: LRUCache<number, Item>
  readonly #pending = new Map<number, PendingWrite>()

  constructor(store: OnlineStore, cacheEntries: number) {
    this.#store = store
    this.#cache = new LRUCache({ max: cacheEntries })
  }

  get(ordinal: number): Item | undefined {
    const pending = this.#pending.get(ordinal)
    if (pending !== undefined) return pending.item
    const cached = this.#cache.get(ordinal)
    if (cached !== undefined) return cached
    const bytes = this.#store.get(space, ordinal)
    if (bytes === undefined) return undefined
    const item = decodeItem(bytes)
    this.#cache.set(ordinal, item)
    return item
  }

  /** A commit of the store has changed these items past this cache. */
  forget(ordinals: Iterable<number>): void {
    for (const ordinal of ordinals) this.#cache.delete(ordinal)
  }

  /** Durable when resolved, all or nothing. @throws StorageError `failed` or `invalid` */
  put(items: Iterable<readonly [ordinal: number, item: Item]>): Promise<void> {
    const writes = new Map<number, PendingWrite>()
    for (const [ordinal, item] of items) writes.set(ordinal, { item })
    return this.#write(writes)
  }

  /** Durable when resolved, all or nothing. @throws StorageError `failed` or `invalid` */
  remove(ordinals: Iterable<number>): Promise<void> {
    const writes = new Map<number, PendingWrite>()
    for (const ordinal of ordinals) writes.set(ordinal, { item: undefined })
    return this.#write(writes)
  }

  async #write(writes: ReadonlyMap<number, PendingWrite>): Promise<void> {
    const removes: number[] = []
    const puts: [number, Uint8Array][] = []
    for (const [ordinal, write] of writes) {
      if (write.item === undefined) removes.push(ordinal)
      else puts.push([ordinal, encodeItem(write.item)])
    }
    for (const [ordinal, write] of writes) this.#pending.set(ordinal, write)
    try {
      await this.#store.commit([{ space, removes, puts }])
      for (const [ordinal, write] of writes) this.#remember(ordinal, write.item)
    } finally {
      for (const [ordinal, write] of writes) {
        if (this.#pending.get(ordinal) === write) this.#pending.delete(ordinal)
      }
    }
  }

  #remember(ordinal: number, item: Item | undefined): void {
    if (item === undefined) this.#cache.delete(ordinal)
    else this.#cache.set(ordinal, item)
  }
}
