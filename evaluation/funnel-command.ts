/** `evaluate funnel`: how good the whole system's feeds are on history it has not seen, part by part. */
import { access, constants } from 'node:fs/promises'
import { dirname } from 'node:path'
import { catalogSettings } from '../actors/catalog/settings.ts'
import type { Settings } from '../config/settings.ts'
import { minuteMs } from '../config/units.ts'
import type { Clock } from '../domain/ports.ts'
import { trainInChild } from '../learning/trainer-process.ts'
import type { Manifest } from '../models/artefact/artefact-manifest.ts'
import { type DirectoryLayout, layoutOf } from '../storage/data-directory.ts'
import { openJournal } from '../storage/open-journal.ts'
import type { Logger } from '../telemetry/log.ts'
import type { Progress } from '../telemetry/progress.ts'
import { compareRuns, type RunComparison } from './compare-runs.ts'
import type { Comparison } from './comparison.ts'
import type { IndexRecall } from './index-recall.ts'
import type { QueryKind } from './query-plan.ts'
import type { QueryMetrics } from './query-scores.ts'
import { readSavedQueries, savedQueries, writeSavedQueries } from './saved-queries.ts'
import { makeScratchDirectory, removeScratchDirectory } from './scratch-directory.ts'
import { Stopwatch } from './stopwatch.ts'
import { measureTrainedIndex } from './trained-index.ts'
import { type WalkForwardResult, walkForward } from './walk-forward.ts'

export interface FunnelEvaluationOptions {
  readonly dataDir: string
  /** With the fragments of the engine and of training. */
  readonly settings: Settings
  readonly seed?: number
  /** People that are asked about at most. */
  readonly usersMax?: number
  readonly queriesPerUserMax?: number
  /** A file to write each query's metrics to, and one of another run to compare with. */
  readonly saveQueries?: string
  readonly compare?: string
  /** Leaves the scratch directory for inspection instead of removing it. */
  readonly keep?: boolean
  readonly progress: Progress
  readonly log: Logger
  readonly clock: Clock
  /** Ends it early; the scratch directory is removed all the same. */
  readonly signal?: AbortSignal
}

export interface FunnelReport {
  readonly protocol: Readonly<Record<string, string | number>>
  readonly data: {
    readonly records: number
    readonly events: number
    readonly fittedEvents: number
    readonly walkedEvents: number
    /** ISO 8601, the first event that was walked. */
    readonly walkedFrom: string
    readonly people: number
    readonly peopleAsked: number
    readonly liveItems: number
    /** Feeds asked of the engine; those it made without a part of the system, and events it did not count. */
    readonly feeds: number
    readonly incompleteFeeds: number
    readonly refusedEvents: number
    readonly scratch: string | null
  }
  readonly model: {
    readonly id: string
    readonly metrics: Readonly<Record<string, number>>
    readonly objectives: Manifest['objectives']
  }
  readonly seed: number
  readonly metrics: Readonly<Record<QueryKind, QueryMetrics>> & { readonly index: IndexRecall }
  /** Differences in NDCG@10. */
  readonly comparisons: Readonly<Record<QueryKind, Readonly<Record<string, Comparison>>>>
  /** This run against the one of `compare`. */
  readonly comparedRun?: RunComparison
  readonly seconds: Readonly<Record<string, number>>
}

const trainShare = 0.9
const sessionGapMs = 30 * minuteMs
const indexRequestsMax = 1000

/**
 * Fits on the first nine tenths of a data directory's events and walks the rest through a system of its own. The data
 * directory is only read, also while a server runs on it.
 *
 * @throws RangeError when there is too little history; NotEnoughData; StorageError; the signal's reason;
 *   SavedQueriesUnreadable and errors of the two files' paths, before anything else is done
 */
export async function evaluateFunnel(options: FunnelEvaluationOptions): Promise<FunnelReport> {
  const { settings, seed = 1, usersMax = 1000, queriesPerUserMax = 3, keep = false } = options
  const before = options.compare === undefined ? null : await readSavedQueries(options.compare)
  if (options.saveQueries !== undefined) await access(dirname(options.saveQueries), constants.W_OK)
  const clock = new Stopwatch()
  const journal = await openJournal(layoutOf(options.dataDir).journal, { readOnly: true })
  const scratch = await makeScratchDirectory()
  try {
    const plan = { seed, trainShare, queriesPerUserMax, usersMax, sessionGapMs }
    const train = async (directory: DirectoryLayout) => {
      clock.lap('copy')
      const manifest = await trainOn(directory, seed, options)
      clock.lap('train')
      return manifest
    }
    const result = await walkForward({ ...options, ...plan, journal, scratch, train })
    clock.lap('walk')
    const { follower, contents } = result
    const index = await measureTrainedIndex(settings, follower.replay, contents, indexRequestsMax, seed)
    clock.lap('index')
    const saved = savedQueries(result.manifest.id, seed, result.perQuery)
    if (options.saveQueries !== undefined) await writeSavedQueries(options.saveQueries, saved)
    const report = reportOf(
      result,
      index,
      journal.lastSeq,
      { seed, queriesPerUserMax, usersMax },
      clock,
      keep ? scratch.root : null,
    )
    return before === null ? report : { ...report, comparedRun: compareRuns(saved, before, seed) }
  } finally {
    await journal.close()
    if (!keep) await removeScratchDirectory(scratch)
  }
}

async function trainOn(scratch: DirectoryLayout, seed: number, options: FunnelEvaluationOptions): Promise<Manifest> {
  const { settings, progress, clock, signal } = options
  const limits = settings.of(catalogSettings)
  const { journal, models: modelsRoot } = scratch
  signal?.throwIfAborted()
  const training = trainInChild({ journal, modelsRoot, limits, seed, createdAt: clock.now(), settings, progress })
  const cancel = () => training.cancel()
  signal?.addEventListener('abort', cancel)
  try {
    return await training.result
  } finally {
    signal?.removeEventListener('abort', cancel)
  }
}

function reportOf(
  result: WalkForwardResult,
  index: IndexRecall,
  records: number,
  limits: { readonly seed: number; readonly queriesPerUserMax: number; readonly usersMax: number },
  clock: Stopwatch,
  scratch: string | null,
): FunnelReport {
  const { columns, plan, manifest } = result
  return {
    protocol: {
      split:
        'everything is fitted on the first 90 % of events by (time, journal order) and frozen; state and counters follow',
      group: 'asked just before each (person, second) group of the rest; relevant: what was liked in it',
      session: 'asked at the first event after a pause of 30 minutes; relevant: what was liked until the next pause',
      relevant: 'events with a positive role on items the person had not engaged with before; no query without any',
      ndcg: 'binary gains, ideal DCG over the best 10 (truncated), discount log2(rank + 1)',
      recall: 'share of all relevant items',
      diversity:
        'over lists of 10: distance 1 - cosine of content vectors; entropy in bits and number of all categories',
      comparison: 'paired bootstrap of NDCG@10, people resampled, 2,000 rounds, 95 % percentile interval',
      ease: 'λ 500, everything that was not disliked, fitted on the same events; asked with the history of the moment',
      'queries per person and kind at most': limits.queriesPerUserMax,
      'people at most': limits.usersMax,
    },
    data: {
      records,
      events: columns.count,
      fittedEvents: plan.trainEvents,
      walkedEvents: plan.window.length,
      walkedFrom: new Date(plan.cut.time).toISOString(),
      people: columns.userIds.length,
      peopleAsked: plan.usersAsked,
      liveItems: result.liveItems,
      feeds: result.feeds,
      incompleteFeeds: result.incompleteFeeds,
      refusedEvents: result.refusedEvents,
      scratch,
    },
    model: { id: manifest.id, metrics: manifest.metrics, objectives: manifest.objectives },
    seed: limits.seed,
    metrics: { ...result.metrics, index },
    comparisons: result.comparisons,
    seconds: clock.seconds,
  }
}
