import { hourMs } from '../config/units.ts'
import { CounterColumn, type CounterReader } from '../domain/counters.ts'
import { defineFeatures } from './feature-group.ts'
import { clamp, decay, faded, logCount, smoothedRate, squash } from './numeric.ts'
import type { FeatureSettings } from './settings.ts'

export const itemDynamicFeatures = defineFeatures('item dynamic', {
  itemClicksLog: [1, 'ln(1 + clicks ever)'],
  itemClicksShortLog: [1, 'ln(1 + clicks, fast decay)'],
  itemClicksLongLog: [1, 'ln(1 + clicks, slow decay)'],
  itemTrend: [1, 'ln of fast over slow clicks, 0 when steady, damped for few clicks, within [-4, 4]'],
  itemClickShareLog: [1, 'ln of the share of all clicks, within [-25, 0]'],
  itemImpressionsLog: [1, 'ln(1 + impressions ever)'],
  itemClickRate: [1, 'clicks per impression, smoothed to that of all items'],
  itemFinishRate: [1, 'finishes per click, smoothed to that of all items'],
  itemPositiveRate: [1, 'positives per click, smoothed to that of all items'],
  itemNegativeRate: [1, 'negatives per click, smoothed to that of all items'],
  itemValueLift: [1, 'smoothed mean value minus that of all items, as v / (1 + |v|)'],
  itemIdleLogHours: [1, 'ln(1 + hours since the last event), 14 when never'],
  itemPositivesLongLog: [1, 'ln(1 + positives, slow decay)'],
})

const neverLogHours = 14
/** Rates of all items before there are any events. */
const clickPrior = 0.1
const finishPrior = 0.5
const positivePrior = 0.3
const negativePrior = 0.1
/** Events of an item that weigh as much as the average of all items. */
const priorStrength = 20
/** Clicks, at the scale of the slow ones, that a trend must rise above. */
const trendDamping = 10

/** `begin` reads what all items share, once per request; `write` then takes one item after the other. */
export class ItemDynamicFeatures {
  readonly #shortMs: number
  readonly #longMs: number
  #counters: CounterReader | undefined
  #now = 0
  #logClicks = 0
  #clickRate = 0
  #finishRate = 0
  #positiveRate = 0
  #negativeRate = 0
  #meanValue = 0

  constructor(settings: FeatureSettings) {
    this.#shortMs = settings.counterShortHalfLifeMs
    this.#longMs = settings.counterLongHalfLifeMs
  }

  begin(counters: CounterReader, now: number): void {
    const clicks = counters.total(CounterColumn.clicks)
    const impressions = counters.total(CounterColumn.impressions)
    const valueCount = counters.total(CounterColumn.valueCount)
    this.#counters = counters
    this.#now = now
    this.#logClicks = logCount(clicks)
    this.#clickRate = smoothedRate(clicks, impressions, clickPrior, priorStrength)
    this.#finishRate = smoothedRate(counters.total(CounterColumn.finishes), clicks, finishPrior, priorStrength)
    this.#positiveRate = smoothedRate(counters.total(CounterColumn.positives), clicks, positivePrior, priorStrength)
    this.#negativeRate = smoothedRate(counters.total(CounterColumn.negatives), clicks, negativePrior, priorStrength)
    this.#meanValue = valueCount > 0 ? counters.total(CounterColumn.valueSum) / valueCount : 0
  }

  write(out: Float32Array, at: number, item: number): number {
    const counters = this.#counters!
    const clicks = counters.value(item, CounterColumn.clicks)
    const impressions = counters.value(item, CounterColumn.impressions)
    const lastAt = counters.lastAt(item)
    const idleMs = this.#now - lastAt
    const left = decay(idleMs, this.#longMs)
    const short = faded(counters.value(item, CounterColumn.clicksShort), decay(idleMs, this.#shortMs))
    const long = faded(counters.value(item, CounterColumn.clicksLong), left)
    const logClicks = logCount(clicks)
    out[at++] = logClicks
    out[at++] = logCount(short)
    out[at++] = logCount(long)
    out[at++] = clamp(Math.log(((short * this.#longMs) / this.#shortMs + trendDamping) / (long + trendDamping)), -4, 4)
    out[at++] = clamp(logClicks - this.#logClicks, -25, 0)
    out[at++] = logCount(impressions)
    out[at++] = smoothedRate(clicks, impressions, this.#clickRate, priorStrength)
    out[at++] = this.#rate(item, CounterColumn.finishes, clicks, this.#finishRate)
    out[at++] = this.#rate(item, CounterColumn.positives, clicks, this.#positiveRate)
    out[at++] = this.#rate(item, CounterColumn.negatives, clicks, this.#negativeRate)
    out[at++] = this.#valueLift(item)
    out[at++] = lastAt === 0 ? neverLogHours : clamp(logCount(idleMs / hourMs), 0, neverLogHours)
    out[at++] = logCount(faded(counters.value(item, CounterColumn.positivesLong), left))
    return at
  }

  #rate(item: number, column: number, clicks: number, prior: number): number {
    return smoothedRate(this.#counters!.value(item, column), clicks, prior, priorStrength)
  }

  #valueLift(item: number): number {
    const sum = this.#counters!.value(item, CounterColumn.valueSum)
    const count = this.#counters!.value(item, CounterColumn.valueCount)
    return squash((sum + this.#meanValue * priorStrength) / (count + priorStrength) - this.#meanValue)
  }
}
