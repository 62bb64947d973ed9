/**
 * Puts records into an engine in batches.
 *
 * 1. Records are journaled in the order in which they were added; the unit of success is one record.
 * 2. Counters are published in data time: at the end of 6 hours of it that have events, or after 2,000 events, and
 *    only once everything before is applied. So what is imported does not depend on the speed of the machine.
 * 3. One batch is under way while the next one is filled; its epoch is published while the next one is written.
 */

import type { Engine } from '../../actors/engine.ts'
import { hourMs } from '../../config/units.ts'
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
  /** Those of the events that lay in the future, and count as happening now. */
  clamped: number
}

const batchSizes = { item: 1_000, user: 2_000, event: 2_000 } as const
const epochMs = 6 * hourMs

export type ImportRecord =
  | { readonly kind: 'item'; readonly value: Item }
  | { readonly kind: 'user'; readonly value: User }
  | EventRecord

export interface EventRecord {
  readonly kind: 'event'
  readonly value: JournalEvent
  /** It lay in the future, and happens now. */
  readonly clamped?: boolean
}

type Batch =
  | { readonly kind: 'item'; readonly values: Item[]; readonly places: Place[] }
  | { readonly kind: 'user'; readonly values: User[]; readonly places: Place[] }
  | { readonly kind: 'event'; readonly values: JournalEvent[]; readonly places: Place[] }

const newBatch = (kind: Batch['kind']): Batch => ({ kind, values: [], places: [] })

export class Importer {
  readonly counts: ImportCounts = { items: 0, users: 0, events: 0, repeated: 0, clamped: 0 }
  private readonly parts: ImporterParts
  private batch: Batch | null = null
  private underWay: Promise<void> = Promise.resolve()
  private publishing: Promise<void> = Promise.resolve()
  private epochEndsAt = Number.NEGATIVE_INFINITY

  constructor(parts: ImporterParts) {
    this.parts = parts
  }

  /** Whoever adds awaits what is returned before adding more. @throws BadRecord */
  add(record: ImportRecord, place: Place): Promise<void> | undefined {
    if (this.batch?.kind !== record.kind) return this.turnTo(record.kind).then(() => this.add(record, place))
    return record.kind === 'event' ? this.addEvent(record, place) : this.push(record.value, place)
  }

  /** Resolves once everything that was added has been applied. @throws BadRecord, CommandError, EngineError */
  async finish(): Promise<void> {
    await this.flush()
    await this.underWay
    await this.publishing
  }

  private addEvent(record: EventRecord, place: Place): Promise<void> | undefined {
    const { value: event, clamped } = record
    const { known, engine, bad, progress } = this.parts
    const batch = this.batch!
    if (known.has(event.eventId)) {
      this.counts.repeated++
      progress.advance()
      return undefined
    }
    if (engine.catalog.findLiveItem(event.item) < 0) {
      bad.add(unknownItem(event, place))
      return undefined
    }
    if (batch.values.length > 0 && event.time >= this.epochEndsAt) {
      return this.flush().then(() => this.addEvent(record, place))
    }
    if (batch.values.length === 0) this.epochEndsAt = event.time + epochMs
    if (clamped === true) this.counts.clamped++
    return this.push(event, place)
  }

  private push(value: Item | User | JournalEvent, place: Place): Promise<void> | undefined {
    const { kind, values, places } = this.batch!
    ;(values as (typeof value)[]).push(value)
    places.push(place)
    return values.length >= batchSizes[kind] ? this.flush() : undefined
  }

  /** What another kind refers to must be in place before. */
  private async turnTo(kind: Batch['kind']): Promise<void> {
    await this.finish()
    this.batch = newBatch(kind)
  }

  /** Sends the batch once the one before is applied; resolves when that is the case. */
  private flush(): Promise<void> {
    const { batch, underWay } = this
    if (batch === null || batch.values.length === 0) return underWay
    this.batch = newBatch(batch.kind)
    this.underWay = underWay.then(() => this.submit(batch))
    // Whoever adds or finishes next hears of a failure.
    this.underWay.catch(() => {})
    return underWay
  }

  private async submit(batch: Batch): Promise<void> {
    const { engine, progress } = this.parts
    if (batch.kind === 'event') {
      const results = await engine.appendEvents(batch.values, 'applied')
      for (const [i, result] of results.entries()) this.countEvent(result, batch.places[i])
      await this.publishing
      this.publishing = engine.publishEpoch()
      this.publishing.catch(() => {})
    } else {
      const put = batch.kind === 'item' ? engine.putItems(batch.values) : engine.putUsers(batch.values)
      for (const [i, result] of (await put).entries()) {
        if (result.status === 'stored') this.counts[`${batch.kind}s`]++
        else this.parts.bad.add(new BadRecord({ ...batch.places[i], field: result.field }, 'was refused', result.hint))
      }
    }
    progress.advance(batch.values.length)
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
