import { CounterColumn, type CounterReader } from '../domain/counters.ts'
import { Role } from '../domain/roles.ts'
import { boundedValue, type FoldedEvent } from './folded-event.ts'
import { decay, faded } from './numeric.ts'
import type { FeatureSettings } from './settings.ts'

/** Where the counters of the items lie while they are folded; the memory belongs to the caller. */
export interface CounterSlots {
  /** The chunk that holds the counters of `item`. */
  values(item: number): Float32Array
  /** Index in that chunk of the item's first counter; the others follow in the order of `CounterColumn`. */
  offset(item: number): number
  /** Epoch ms of the item's last counted event, 0 when none. */
  lastAt(item: number): number
  setLastAt(item: number, at: number): void
  /** Adds to the sum over all items of one undecayed column. */
  addTotal(column: number, amount: number): void
}

/**
 * Folds one event into the counters of its item. Decayed columns are as of the item's last event: a newer event first
 * decays them, a late one is added with what is left of it by then. Undecayed columns are exact up to 2²⁴.
 */
export function applyToCounters(slots: CounterSlots, event: FoldedEvent, settings: FeatureSettings): void {
  const values = slots.values(event.item)
  const offset = slots.offset(event.item)
  const shortMs = settings.counterShortHalfLifeMs
  const longMs = settings.counterLongHalfLifeMs
  const last = slots.lastAt(event.item)
  const late = event.time < last
  if (!late) {
    const left = decay(event.time - last, longMs)
    fade(values, offset + CounterColumn.clicksShort, decay(event.time - last, shortMs))
    fade(values, offset + CounterColumn.clicksLong, left)
    fade(values, offset + CounterColumn.positivesLong, left)
    slots.setLastAt(event.item, event.time)
  }
  const { roles } = event
  if ((roles & Role.impression) !== 0) count(slots, values, offset, CounterColumn.impressions, 1)
  if ((roles & Role.finish) !== 0) count(slots, values, offset, CounterColumn.finishes, 1)
  if ((roles & Role.negative) !== 0) count(slots, values, offset, CounterColumn.negatives, 1)
  if ((roles & Role.click) !== 0) {
    count(slots, values, offset, CounterColumn.clicks, 1)
    values[offset + CounterColumn.clicksShort] += late ? decay(last - event.time, shortMs) : 1
    values[offset + CounterColumn.clicksLong] += late ? decay(last - event.time, longMs) : 1
  }
  if ((roles & Role.positive) !== 0) {
    count(slots, values, offset, CounterColumn.positives, 1)
    values[offset + CounterColumn.positivesLong] += late ? decay(last - event.time, longMs) : 1
  }
  if (!Number.isNaN(event.value)) {
    count(slots, values, offset, CounterColumn.valueSum, boundedValue(event.value))
    count(slots, values, offset, CounterColumn.valueCount, 1)
  }
}

function fade(values: Float32Array, at: number, left: number): void {
  values[at] = faded(values[at], left)
}

function count(slots: CounterSlots, values: Float32Array, offset: number, column: number, amount: number): void {
  values[offset + column] += amount
  slots.addTotal(column, amount)
}

/** One counter of `item` as it stands at `now`. */
export function counterAt(
  counters: CounterReader,
  item: number,
  column: number,
  now: number,
  settings: FeatureSettings,
): number {
  return faded(counters.value(item, column), decay(now - counters.lastAt(item), counterHalfLifeMs(column, settings)))
}

/** Half-life of a decayed column; the undecayed ones never fade. */
function counterHalfLifeMs(column: number, settings: FeatureSettings): number {
  if (column === CounterColumn.clicksShort) return settings.counterShortHalfLifeMs
  if (column === CounterColumn.clicksLong || column === CounterColumn.positivesLong)
    return settings.counterLongHalfLifeMs
  return Number.POSITIVE_INFINITY
}
