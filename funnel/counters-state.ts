/**
 * Item counters and the lists made of them, as a fold over events in journal order. Serving, training and replay share
 * it, so an epoch of one number holds the same everywhere.
 *
 * 1. What `publish` hands out never changes.
 * 2. An event that is sent twice counts once within a window, and so does each role of one engagement.
 * 3. Lists per segment read who the events came from, which the counters do not: no ranking feature depends on them.
 * 4. The list of a segment is made anew when it has new engagements and its turn comes, and keeps the scores of that time:
 *    decay changes them all alike, so the order still holds.
 */
import { TrendingSketch, type TrendingState } from '../algorithms/retrieval/trending.ts'
import { createSearchResult, type SearchResult } from '../algorithms/retrieval/vector-index.ts'
import type { SettingsOf } from '../config/fragment.ts'
import type { Settings } from '../config/settings.ts'
import { counterColumnCount } from '../domain/counters.ts'
import { emptyPopularLists, type PopularLists, type ScoredItems } from '../domain/popular-lists.ts'
import { engagementRoles, Role } from '../domain/roles.ts'
import { type CounterEpochHandles, CounterStore, timeSlot, valueSlot } from '../domain/shared/counter-epochs.ts'
import type { FoldedEvent } from '../features/folded-event.ts'
import { applyToCounters, type CounterSlots } from '../features/item-counters.ts'
import { featureSettings } from '../features/settings.ts'
import { countersSettings } from './counters-settings.ts'
import { RecentEngagements, type RecentState } from './recent-engagements.ts'

/** One engagement with the segment of the person, as far as that is known. */
export interface SegmentEngagement {
  readonly seq: number
  readonly item: number
  readonly segment: number
  readonly roles: number
  /** Epoch ms. */
  readonly time: number
}

export interface PublishedEpoch {
  readonly counters: CounterEpochHandles
  readonly popular: PopularLists
}

export interface CountersSnapshot {
  readonly counters: CounterEpochHandles
  readonly trending: TrendingState
  readonly popular: TrendingState
  readonly recent: RecentState
  readonly segments: readonly (readonly [segment: number, state: TrendingState])[]
}

type SegmentColumns = Pick<PopularLists, 'segmentKeys' | 'segmentOffsets' | 'segmentItems'>

export class CountersState {
  private readonly store: CounterStore
  private readonly slots: CounterSlots
  private readonly settings: SettingsOf<typeof countersSettings>
  private readonly features: SettingsOf<typeof featureSettings>
  private readonly trending: TrendingSketch
  private readonly popular: TrendingSketch
  private readonly recent: RecentEngagements
  private readonly segments = new Map<number, TrendingSketch>()
  private readonly segmentLists = new Map<number, ScoredItems>()
  /** Segments with engagements that are not in their list, in the order in which they came to wait. */
  private readonly waiting = new Set<number>()
  private segmentColumns: SegmentColumns = emptyPopularLists
  private readonly scratch: SearchResult
  /** The epoch published last; epoch 0 is empty. */
  latest: PublishedEpoch

  constructor(settings: Settings, from?: CountersSnapshot) {
    this.settings = settings.of(countersSettings)
    this.features = settings.of(featureSettings)
    this.store = new CounterStore(from?.counters)
    this.slots = slotsOf(this.store)
    const { sketchCapacity, trendingHalfLifeMs, popularHalfLifeMs } = this.settings
    this.trending = from
      ? TrendingSketch.fromState(from.trending)
      : new TrendingSketch(sketchCapacity, trendingHalfLifeMs)
    this.popular = from ? TrendingSketch.fromState(from.popular) : new TrendingSketch(sketchCapacity, popularHalfLifeMs)
    const { engagementWindowMs } = this.features
    this.recent = new RecentEngagements(this.settings.recentEngagements, engagementWindowMs, from?.recent)
    this.scratch = createSearchResult(this.settings.listLength)
    for (const [segment, state] of from?.segments ?? []) {
      this.segments.set(segment, TrendingSketch.fromState(state))
      this.waiting.add(segment)
    }
    const counters = from?.counters ?? { epoch: 0, at: 0, totals: new Float64Array(counterColumnCount), chunks: [] }
    this.latest = { counters, popular: this.lists(counters.epoch, counters.at) }
  }

  apply(event: FoldedEvent): void {
    const roles = this.recent.newRoles(event)
    if (roles === 0) return
    applyToCounters(this.slots, { ...event, roles }, this.features)
    const weight = listWeight(roles)
    if (weight === 0) return
    this.trending.add(event.item, weight, event.time)
    this.popular.add(event.item, weight, event.time)
  }

  applySegment({ item, segment, roles, time }: SegmentEngagement): void {
    const weight = listWeight(roles)
    if (weight === 0) return
    let sketch = this.segments.get(segment)
    if (sketch === undefined) {
      if (this.segments.size >= this.settings.segmentsMax) return
      sketch = new TrendingSketch(this.settings.segmentSketchCapacity, this.settings.trendingHalfLifeMs)
      this.segments.set(segment, sketch)
    }
    sketch.add(item, weight, time)
    this.waiting.add(segment)
  }

  /** `epoch` is the journal number through which everything has been applied; `at` is epoch ms. */
  publish(epoch: number, at: number): PublishedEpoch {
    const counters = this.publishCounters(epoch, at)
    this.makeSegmentLists(this.settings.segmentsPerEpochMax, at)
    this.latest = { counters, popular: this.published(epoch, at) }
    return this.latest
  }

  /** The counters alone, for a replay that makes lists only where it needs them. */
  publishCounters(epoch: number, at: number): CounterEpochHandles {
    return this.store.publish(epoch, at)
  }

  /** Epochs below `epoch` are no longer read by anybody. */
  releaseBefore(epoch: number): void {
    this.store.releaseBefore(epoch)
  }

  /** The state as of the latest epoch; only to be taken when nothing was applied since. */
  snapshot(): CountersSnapshot {
    return {
      counters: this.latest.counters,
      trending: this.trending.toState(),
      popular: this.popular.toState(),
      recent: this.recent.toState(),
      segments: this.segmentStates(),
    }
  }

  /** The lists per segment, which are told later than the rest. */
  segmentStates(): CountersSnapshot['segments'] {
    return [...this.segments].map(([segment, sketch]) => [segment, sketch.toState()] as const)
  }

  /** What is trending and popular by now, with nothing left to wait. */
  lists(epoch: number, at: number): PopularLists {
    this.makeSegmentLists(Number.POSITIVE_INFINITY, at)
    return this.published(epoch, at)
  }

  private published(epoch: number, at: number): PopularLists {
    const everywhere = (sketch: TrendingSketch) => joined([this.top(sketch, at)])
    return { ...this.segmentColumns, epoch, trending: everywhere(this.trending), popular: everywhere(this.popular) }
  }

  private makeSegmentLists(max: number, at: number): void {
    if (this.waiting.size === 0) return
    for (const segment of this.waiting.keys().take(max)) {
      this.segmentLists.set(segment, this.top(this.segments.get(segment)!, at))
      this.waiting.delete(segment)
    }
    const segmentKeys = new Uint32Array(new SharedArrayBuffer(this.segmentLists.size * 4))
    segmentKeys.set([...this.segmentLists.keys()].sort((a, b) => a - b))
    const lists = Array.from(segmentKeys, key => this.segmentLists.get(key)!)
    const segmentOffsets = new Uint32Array(new SharedArrayBuffer((lists.length + 1) * 4))
    lists.forEach(({ items }, i) => {
      segmentOffsets[i + 1] = segmentOffsets[i] + items.length
    })
    this.segmentColumns = { segmentKeys, segmentOffsets, segmentItems: joined(lists) }
  }

  private top(sketch: TrendingSketch, at: number): ScoredItems {
    const { labels, scores } = this.scratch
    const count = sketch.top(this.settings.listLength, at, this.scratch)
    return { items: labels.slice(0, count), scores: scores.slice(0, count) }
  }
}

/** One list after the other, in shared memory. */
function joined(lists: readonly ScoredItems[]): ScoredItems {
  const all = sharedScored(lists.reduce((sum, { items }) => sum + items.length, 0))
  let length = 0
  for (const { items, scores } of lists) {
    all.items.set(items, length)
    all.scores.set(scores, length)
    length += items.length
  }
  return all
}

function sharedScored(count: number): ScoredItems {
  return {
    items: new Uint32Array(new SharedArrayBuffer(count * 4)),
    scores: new Float32Array(new SharedArrayBuffer(count * 4)),
  }
}

/** What an engagement adds to a list: liking counts twice, a dislike nothing. */
function listWeight(roles: number): number {
  if ((roles & engagementRoles) === 0 || (roles & Role.negative) !== 0) return 0
  return (roles & Role.positive) !== 0 ? 2 : 1
}

function slotsOf(store: CounterStore): CounterSlots {
  return {
    values: item => store.writable(item).values,
    offset: valueSlot,
    lastAt: item => store.writable(item).lastAt[timeSlot(item)],
    setLastAt: (item, at) => {
      store.writable(item).lastAt[timeSlot(item)] = at
    },
    addTotal: (column, amount) => {
      store.totals[column] += amount
    },
  }
}
