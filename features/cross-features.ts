import { CounterColumn, type CounterReader } from '../domain/counters.ts'
import type { ItemReader } from '../domain/item-table/item-reader.ts'
import { lowerBound } from '../domain/lower-bound.ts'
import { AffinityShares } from './affinity-shares.ts'
import { CategoryMix } from './category-mix.ts'
import { defineFeatures } from './feature-group.ts'
import { clamp, logCount } from './numeric.ts'
import { publishedYear } from './published-year.ts'
import type { RecentItems } from './recent-items.ts'
import type { RecentSimilarity } from './recent-similarity.ts'
import type { UserView } from './user-view.ts'

export const crossFeatures = defineFeatures('cross', {
  categoryClickMax: [1, "largest share of the user's clicks among the item's categories"],
  categoryClickMean: [1, "mean of the same over the item's categories"],
  categoryClickPrimary: [1, 'the same for its first category'],
  categoryPositiveMax: [1, "largest share of the user's positives among the item's categories"],
  categoryPositiveMean: [1, "mean of the same over the item's categories"],
  categoryPositivePrimary: [1, 'the same for its first category'],
  categoryNegativeMax: [1, "largest share of the user's negatives among the item's categories"],
  categoryPositiveRate: [1, "mean over the item's categories of the user's positives per click there, smoothed"],
  recentCategoryMax: [1, "largest share in the last 10 engagements among the item's categories, newer ones weigh more"],
  recentCategoryMean: [1, "mean of the same over the item's categories"],
  creatorClickMax: [1, "largest share of the user's clicks among the item's creators"],
  creatorPositiveMax: [1, "largest share of the user's positives among the item's creators"],
  creatorKnown: [1, '1 when the user has engaged with one of its creators'],
  publishYearDistance: [1, "distance to the user's mean publication year in deviations, at most 5, 0 when unknown"],
  popularityGap: [1, "ln(1 + clicks) minus the mean of that over the user's last 10 items, within [-15, 15]"],
  languageMatch: [1, '1 for the same language, -1 for another, 0 when one is unknown'],
  regionLicensed: [1, "1 when the item names the user's region among its licences"],
  maturityGap: [1, 'years by which the user is older than the minimum age, over 20, within [-1, 2], 0 when unknown'],
  recentCollaborativeMax: [1, 'largest collaborative cosine to the last 10 items engaged with'],
  recentCollaborativeMean: [1, 'mean of the same'],
  lastCollaborative: [1, 'collaborative cosine to the very last item'],
  lastContent: [1, 'content cosine to the very last item'],
  lastSequence: [1, 'sequence cosine to the very last item'],
  positiveContentMax: [1, 'largest content cosine to the last 5 positives'],
  impressionsUnclickedLog: [1, "ln(1 + the user's impressions of the item without a click)"],
})

/** A spread below this many years says no more than that all were of about one year. */
const yearDeviationMin = 1

/** `begin` prepares what one user brings, once per request; `write` then takes one candidate after the other. */
export class CrossFeatures {
  readonly #recentHalfLifeMs: number
  readonly #categories = new AffinityShares()
  readonly #creators = new AffinityShares()
  readonly #mix = new CategoryMix()
  #items!: ItemReader
  #recentPopularity = 0
  #age = 0
  #language = 0
  #region = 0
  #yearMean = 0
  #yearDeviation = 0
  #impressedItem: Uint32Array = new Uint32Array(0)
  #impressedCount: Uint16Array = new Uint16Array(0)

  constructor(recentHalfLifeMs: number) {
    this.#recentHalfLifeMs = recentHalfLifeMs
  }

  begin(view: UserView, recent: RecentItems, items: ItemReader, counters: CounterReader): void {
    this.#items = items
    // Read once: a decoded frame is a dictionary to the engine, far slower than a field.
    this.#age = view.age
    this.#language = view.language
    this.#region = view.region
    this.#yearMean = view.yearMean
    this.#yearDeviation = Math.max(view.yearDeviation, yearDeviationMin)
    this.#impressedItem = view.impressedItem
    this.#impressedCount = view.impressedCount
    this.#categories.fill(view.category, view.categoryClicks, view.categoryPositives, view.categoryNegatives)
    this.#creators.fill(view.creator, view.creatorClicks, view.creatorPositives, view.creatorNegatives)
    this.#mix.fill(recent, items, this.#recentHalfLifeMs)
    let popularity = 0
    for (let i = 0; i < recent.count; i++) popularity += logCount(counters.value(recent.item[i], CounterColumn.clicks))
    this.#recentPopularity = recent.count === 0 ? Number.NaN : popularity / recent.count
  }

  write(out: Float32Array, at: number, item: number, row: number, clicks: number, similar: RecentSimilarity): number {
    at = this.#writeCategories(out, at, row)
    at = this.#writeCreators(out, at, row)
    out[at++] = this.#publishYearDistance(row)
    out[at++] = Number.isNaN(this.#recentPopularity) ? 0 : clamp(logCount(clicks) - this.#recentPopularity, -15, 15)
    out[at++] = this.#languageMatch(row)
    out[at++] = this.#regionLicensed(row)
    out[at++] = Number.isNaN(this.#age) ? 0 : clamp((this.#age - this.#items.maturity(row)) / 20, -1, 2)
    out[at++] = similar.recentCollaborativeMax()
    out[at++] = similar.recentCollaborativeMean()
    out[at++] = similar.lastCollaborative()
    out[at++] = similar.lastContent()
    out[at++] = similar.lastSequence()
    out[at++] = similar.positiveContentMax()
    out[at++] = logCount(this.#impressionsOf(item))
    return at
  }

  #writeCategories(out: Float32Array, at: number, row: number): number {
    const affinity = this.#categories
    const count = this.#items.categoryCount(row)
    let clickMax = 0
    let clickSum = 0
    let positiveMax = 0
    let positiveSum = 0
    let negativeMax = 0
    let rateSum = 0
    let recentMax = 0
    let recentSum = 0
    for (let i = 0; i < count; i++) {
      const code = this.#items.categoryAt(row, i)
      const position = affinity.find(code)
      const clicks = affinity.clickShare(position)
      const positives = affinity.positiveShare(position)
      const recent = this.#mix.share(code)
      clickSum += clicks
      positiveSum += positives
      recentSum += recent
      rateSum += affinity.positiveRate(position)
      if (clicks > clickMax) clickMax = clicks
      if (positives > positiveMax) positiveMax = positives
      if (recent > recentMax) recentMax = recent
      negativeMax = Math.max(negativeMax, affinity.negativeShare(position))
    }
    const primary = count === 0 ? -1 : affinity.find(this.#items.categoryAt(row, 0))
    const mean = count === 0 ? 0 : 1 / count
    out[at++] = clickMax
    out[at++] = clickSum * mean
    out[at++] = affinity.clickShare(primary)
    out[at++] = positiveMax
    out[at++] = positiveSum * mean
    out[at++] = affinity.positiveShare(primary)
    out[at++] = negativeMax
    out[at++] = count === 0 ? affinity.positiveRate(-1) : rateSum * mean
    out[at++] = recentMax
    out[at++] = recentSum * mean
    return at
  }

  #writeCreators(out: Float32Array, at: number, row: number): number {
    const count = this.#items.creatorCount(row)
    let clickMax = 0
    let positiveMax = 0
    let known = 0
    for (let i = 0; i < count; i++) {
      const position = this.#creators.find(this.#items.creatorAt(row, i))
      if (position < 0) continue
      known = 1
      clickMax = Math.max(clickMax, this.#creators.clickShare(position))
      positiveMax = Math.max(positiveMax, this.#creators.positiveShare(position))
    }
    out[at++] = clickMax
    out[at++] = positiveMax
    out[at++] = known
    return at
  }

  #publishYearDistance(row: number): number {
    const distance = Math.abs(publishedYear(this.#items.publishedAt(row)) - this.#yearMean)
    return Number.isNaN(distance) ? 0 : clamp(distance / this.#yearDeviation, 0, 5)
  }

  #languageMatch(row: number): number {
    const language = this.#items.language(row)
    if (language === 0 || this.#language === 0) return 0
    return language === this.#language ? 1 : -1
  }

  #regionLicensed(row: number): number {
    const bit = this.#region - 1
    if (bit < 0) return 0
    const regions = bit < 32 ? this.#items.regionsLow(row) : this.#items.regionsHigh(row)
    return (regions >>> (bit & 31)) & 1
  }

  #impressionsOf(item: number): number {
    const impressedItem = this.#impressedItem
    const low = lowerBound(impressedItem, item)
    return low < impressedItem.length && impressedItem[low] === item ? this.#impressedCount[low] : 0
  }
}
