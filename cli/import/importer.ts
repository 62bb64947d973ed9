/**
 * Puts records into an engine in batches.
 *
 * 1. Records are journaled in the order in which they were added; the unit of success is one record.
 * 2. Counters are published in data time: at the end of 6 hours of it that have events, or after 2,000 events, and
 *    only once everything before is applied. So what is imported does not depend on the speed of the machine.
 * 3. One batch is under way while the next one is filled.
 */
import { hourMs } from '../../config/units.ts'
import type { Engine } from '../../actors/engine.ts'
import type { EventResult, JournalEvent } from '../../domain/event.ts'
import type { Item } from '../../domain/item.ts'
import type { User } from '../../domain/user.ts'
import type { Progress } from '../../telemetry/progress.ts'
import { CommandError } from '../exit.ts'
import { BadRecord, type BadRecords, type Place } from './bad-record.ts'
import type { KnownEvents } from './known-events.ts'

export interface ImporterParts {
  readonly engine: Pick<Engine, 'putItems' | 'putUsers' | 'appendEvents' | 'publishEpoch' | 'catalog'>
  readonly bad: BadRecords
  readonly known: KnownEvents
  readonly progress: Progress
}

export interface ImportCounts {
  items: number
  users: number
  events: number
  /** Events that were there already. */
  repeated: number
}

const itemsPerBatch = 1_000
const usersPerBatch = 2_000
const eventsPerEpoch = 2_000
const epochMs = 6 * hourMs

type Batch =
  | { readonly kind: 'item'; readonly records: Item[]; readonly places: Place[] }
  | { readonly kind: 'user'; readonly records: User[]; readonly places: Place[] }
  | { readonly kind: 'event'; readonly records: JournalEvent[]; readonly places: Place[] }

export class Importer {
  readonly counts: ImportCounts = { items: 0, users: 0, events: 0, repeated: 0 }
  private readonly parts: ImporterParts
  private batch: Batch | null = null
  private underWay: Promise<void> = Promise.resolve()
  private epochEndsAt = Number.NEGATIVE_INFINITY

  constructor(parts: ImporterParts) {
    this.parts = parts
  }

  /** Whoever adds awaits what is returned before adding more. @throws BadRecord */
  addItem(item: Item, place: Place): Promise<void> | undefined {
    const batch = this.batchOf('item')
    if (batch === null) return this.turnTo('item').then(() => this.addItem(item, place))
    batch.records.push(item)
    batch.places.push(place)
    return batch.records.length >= itemsPerBatch ? this.flush() : undefined
  }

  addUser(user: User, place: Place): Promise<void> | undefined {
    const batch = this.batchOf('user')
    if (batch === null) return this.turnTo('user').then(() => this.addUser(user, place))
    batch.records.push(user)
    batch.places.push(place)
    return batch.records.length >= usersPerBatch ? this.flush() : undefined
  }

  addEvent(event: JournalEvent, place: Place): Promise<void> | undefined {
    const { known, engine, bad } = this.parts
    const batch = this.batchOf('event')
    if (batch === null) return this.turnTo('event').then(() => this.addEvent(event, place))
    if (known.has(event.eventId)) {
      this.counts.repeated++
      this.parts.progress.advance()
      return undefined
    }
    if (engine.catalog.findLiveItem(event.item) < 0) {
      bad.add(unknownItem(event, place))
      return undefined
    }
    if (batch.records.length > 0 && event.time >= this.epochEndsAt) {
      return this.flush().then(() => this.addEvent(event, place))
    }
    if (batch.records.length === 0) this.epochEndsAt = event.time + epochMs
    batch.records.push(event)
    batch.places.push(place)
    return batch.records.length >= eventsPerEpoch ? this.flush() : undefined
  }

  /** Resolves once everything that was added has been applied. @throws BadRecord, CommandError, EngineError */
  async finish(): Promise<void> {
    await this.flush()
    await this.underWay
  }

  /** The batch that is being filled, if it is one of that kind. */
  private batchOf<K extends Batch['kind']>(kind: K): Extract<Batch, { kind: K }> | null {
    return this.batch?.kind === kind ? (this.batch as Extract<Batch, { kind: K }>) : null
  }

  /** What another kind refers to must be in place before. */
  private async turnTo(kind: Batch['kind']): Promise<void> {
    await this.finish()
    this.batch = { kind, records: [], places: [] }
  }

  /** Sends the batch once the one before is applied; resolves when that is the case. */
  private flush(): Promise<void> {
    const { batch, underWay } = this
    if (batch === null || batch.records.length === 0) return underWay
    this.batch = { kind: batch.kind, records: [], places: [] }
    this.underWay = underWay.then(() => this.submit(batch))
    // Whoever adds or finishes next hears of a failure.
    this.underWay.catch(() => {})
    return underWay
  }

  private async submit(batch: Batch): Promise<void> {
    const { engine, progress } = this.parts
    if (batch.kind === 'event') {
      const results = await engine.appendEvents(batch.records, 'applied')
      results.forEach((result, i) => this.countEvent(result, batch.places[i]))
      await engine.publishEpoch()
    } else {
      const put = batch.kind === 'item' ? engine.putItems(batch.records) : engine.putUsers(batch.records)
      for (const [i, result] of (await put).entries()) {
        if (result.status === 'stored') this.counts[`${batch.kind}s`]++
        else this.parts.bad.add(new BadRecord({ ...batch.places[i], field: result.field }, 'was refused', result.hint))
      }
    }
    progress.advance(batch.records.length)
  }

  private countEvent(result: EventResult, place: Place): void {
    if (result.status === 'duplicate') this.counts.repeated++
    else if (result.status !== 'rejected') this.counts.events++
    else if (result.error.code === 'storage_failed' || result.error.code === 'overloaded') {
      throw new CommandError(result.error.code, 'the journal does not take more events', result.error.hint)
    } else {
      this.parts.bad.add(new BadRecord({ ...place, field: result.error.field }, 'was refused', result.error.hint))
    }
  }
}

function unknownItem({ item }: JournalEvent, place: Place): BadRecord {
  const hint = 'Put the line of the item before its events, or import the items first'
  return new BadRecord({ ...place, field: 'item' }, `no item has the id ${JSON.stringify(item)}`, hint)
}
