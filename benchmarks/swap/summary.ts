/** What all rounds come to, and whether it keeps the bounds. */
import { quantileOfSorted } from '../../algorithms/statistics/quantiles.ts'
import type { ParityReport } from '../../evaluation/parity.ts'
import { type Round, type Window, type WindowKind, windowKinds } from './windows.ts'

/** Medians over the rounds; counts are sums. Latencies are those of feeds, from when each was due. */
export interface WindowSummary {
  readonly feedsLeast: number
  readonly p50: number
  readonly p99: number
  readonly p999: number
  /** Median of the rounds' ratios to the window before. */
  readonly p99Ratio: number
  /** Over the feeds that were answered while something was done; 0 in the window before. */
  readonly p99DuringIt: number
  /** How long that took: until new requests got the set, or until the set had been refused. */
  readonly doneMs: number
  readonly eventLoopDelayMaxMs: number
  readonly cpuMsPerRequest: number
  readonly othersShare: number
  readonly flawed: number
  readonly mixed: number
  readonly wentBack: number
}

export interface Bound {
  readonly name: string
  readonly value: number
  readonly bound: string
  readonly holds: boolean
}

export const p99RatioMax = 2

export function summarise(rounds: readonly Round[]): Readonly<Record<WindowKind, WindowSummary>> {
  const entries = windowKinds.map(kind => [kind, summaryOf(rounds, kind)] as const)
  return Object.fromEntries(entries) as Record<WindowKind, WindowSummary>
}

export function boundsOf(
  rounds: readonly Round[],
  requests: number,
  replayed: Pick<ParityReport, 'checked' | 'matched'>,
): Bound[] {
  const all = rounds.flatMap(round => windowKinds.map(kind => round[kind]))
  const { swap } = summarise(rounds)
  const least = Math.min(...all.map(({ load }) => load.feeds.count))
  const none = (name: string, value: number) => ({ name, value, bound: '0', holds: value === 0 })
  return [
    { name: 'feeds in the smallest window', value: least, bound: `≥ ${requests}`, holds: least >= requests },
    none(
      'errors: refused, unanswered, partial, empty, degraded',
      sum(all, ({ flawed }) => flawed),
    ),
    none(
      'feeds of two model sets',
      sum(all, ({ server }) => server.mixedFeeds),
    ),
    none(
      'feeds of a set after its successor',
      sum(all, ({ load }) => load.sets.wentBack),
    ),
    none('feeds of a set that nobody promoted', sum(rounds, strangersOf)),
    none(`of ${replayed.checked} feeds at the switches, not the same from the set they name`, unmatched(replayed)),
    {
      name: 'p99 with the swap ÷ p99 before',
      value: swap.p99Ratio,
      bound: `≤ ${p99RatioMax}`,
      holds: swap.p99Ratio <= p99RatioMax,
    },
  ]
}

/** Nothing that was checked proves nothing. */
function unmatched({ checked, matched }: Pick<ParityReport, 'checked' | 'matched'>): number {
  return checked === 0 ? Number.NaN : checked - matched
}

/** Feeds in windows of a round that name neither of the two sets. */
function strangersOf({ before, swap, rollback, refused }: Round): number {
  const { done } = swap
  const known = new Set(done !== undefined && 'to' in done ? [done.from, done.to] : [])
  return sum([before, swap, rollback, refused], ({ load }) =>
    sum(Object.entries(load.sets.feeds), ([set, feeds]) => (known.has(set) ? 0 : feeds)),
  )
}

function summaryOf(rounds: readonly Round[], kind: WindowKind): WindowSummary {
  const windows = rounds.map(round => round[kind])
  const median = (read: (window: Window) => number) => medianOf(windows.map(read))
  return {
    feedsLeast: Math.min(...windows.map(({ load }) => load.feeds.count)),
    p50: median(({ load }) => load.feeds.latencyMs.p50),
    p99: median(p99Of),
    p999: median(({ load }) => load.feeds.latencyMs.p999),
    p99Ratio: medianOf(rounds.map(round => p99Of(round[kind]) / p99Of(round.before))),
    p99DuringIt: median(({ load }) => load.stretch.latencyMs.p99),
    doneMs: median(({ done }) => (done === undefined ? 0 : 'to' in done ? done.takenUpMs : done.refusedMs)),
    eventLoopDelayMaxMs: median(({ server }) => server.eventLoopDelayMs.max),
    cpuMsPerRequest: median(({ cpuMsPerRequest }) => cpuMsPerRequest),
    othersShare: median(({ othersShare }) => othersShare),
    flawed: sum(windows, ({ flawed }) => flawed),
    mixed: sum(windows, ({ server }) => server.mixedFeeds),
    wentBack: sum(windows, ({ load }) => load.sets.wentBack),
  }
}

const p99Of = ({ load }: Window) => load.feeds.latencyMs.p99

function medianOf(values: readonly number[]): number {
  return quantileOfSorted(Float64Array.from(values).sort(), 0.5)
}

function sum<T>(values: readonly T[], read: (value: T) => number): number {
  return values.reduce((total, value) => total + read(value), 0)
}
