/**
 * Walks a data directory's history forward through the running system and scores what it answers.
 *
 * 1. The data directory is only read. Everything happens in a scratch directory that holds the first part of the
 *    history: models are fitted on that and then frozen, while state and counters go on following the history.
 * 2. What is asked follows from the journal and the seed alone (`query-plan.ts`), and so do the answers (`walk.ts`).
 */
import type { Engine } from '../actors/engine.ts'
import { openEngine } from '../actors/open-engine.ts'
import type { Settings } from '../config/settings.ts'
import { systemMonotonicClock } from '../domain/ports.ts'
import { type ModelSetContents, readModelSet } from '../funnel/model-set-files.ts'
import { schemaHashOf } from '../funnel/schema-hash.ts'
import { loadArtefact, promote } from '../models/artefact/artefact.ts'
import type { Manifest } from '../models/artefact/artefact-manifest.ts'
import type { DirectoryLayout } from '../storage/data-directory.ts'
import type { JournalReader } from '../storage/event-log.ts'
import { openJournal } from '../storage/open-journal.ts'
import { storageSettings } from '../storage/settings.ts'
import type { Logger } from '../telemetry/log.ts'
import { createMetrics } from '../telemetry/metrics.ts'
import type { Progress } from '../telemetry/progress.ts'
import type { Comparison } from './comparison.ts'
import { EaseBaseline } from './ease-baseline.ts'
import { evaluationSettings } from './evaluation-settings.ts'
import { type EventColumns, readEventColumns } from './event-columns.ts'
import { Inquiry } from './inquiry.ts'
import { JournalFollower } from './journal-follower.ts'
import { planQueries, type QueryKind, type QueryPlan, type QueryPlanOptions, queryKinds } from './query-plan.ts'
import type { QueryMetrics } from './query-scores.ts'
import type { SavedQueries } from './saved-queries.ts'
import { copyHistory, type WalkStep } from './scratch-directory.ts'
import { walk } from './walk.ts'

/** As many as everything else is fitted with. */
const fitThreads = 2

export interface WalkForwardInput extends QueryPlanOptions {
  readonly journal: JournalReader
  /** Empty, and the caller's to remove. */
  readonly scratch: DirectoryLayout
  readonly settings: Settings
  /** Fits a model set on everything in the scratch directory and writes it there. */
  readonly train: (scratch: DirectoryLayout) => Promise<Manifest>
  readonly progress: Progress
  readonly log: Logger
  readonly signal?: AbortSignal
}

export interface WalkForwardResult {
  readonly columns: EventColumns
  readonly plan: QueryPlan
  readonly manifest: Manifest
  readonly metrics: Readonly<Record<QueryKind, QueryMetrics>>
  readonly comparisons: Readonly<Record<QueryKind, Readonly<Record<string, Comparison>>>>
  readonly perQuery: Pick<SavedQueries, 'queries' | 'arms'>
  /** Feeds that were put together without a part of the system; a good run has none. */
  readonly incompleteFeeds: number
  /** Events of the walk that the system refused or counted as duplicates. */
  readonly refusedEvents: number
  readonly liveItems: number
  readonly feeds: number
  /** The scratch history folded to its end, with the model set: for what is measured beside the running system. */
  readonly follower: JournalFollower
  readonly contents: ModelSetContents
}

/** @throws RangeError when there is too little history to walk; what training throws */
export async function walkForward(input: WalkForwardInput): Promise<WalkForwardResult> {
  const { journal, scratch, progress } = input
  const settings = evaluationSettings(input.settings)
  const toSeq = journal.lastSeq
  const columns = readEventColumns(journal.read(1, { toSeq, kinds: ['event'] }))
  const plan = planQueries(columns, input)
  const storage = settings.of(storageSettings)
  const steps = await copyHistory(journal, toSeq, plan.cut, scratch, storage, progress)
  const manifest = await input.train(scratch)
  await promote(scratch.models, manifest.id)
  const schemaHash = schemaHashOf(settings)
  const contents = await readModelSet(await loadArtefact(scratch.models, manifest.id, schemaHash))

  progress.step('starting the system on the scratch history')
  const engine = await startEngine(scratch, settings, manifest.id, input.log)
  const reader = await openJournal(scratch.journal, { readOnly: true })
  try {
    // Lists per segment are told to the counters in a roundabout way; this epoch holds all of the recovered history.
    await engine.publishEpoch()
    const follower = new JournalFollower(settings, reader)
    await follower.catchUp()
    progress.step('fitting EASE beside it')
    const ease = await EaseBaseline.fit(follower.known, fitThreads)
    progress.done()
    const inquiry = new Inquiry(engine, follower, columns, contents.content, ease)
    const queryBefore = ({ seq }: WalkStep) => {
      input.signal?.throwIfAborted()
      return inquiry.at(plan.queries.get(seq))
    }
    const { refused } = await walk(engine, follower, steps, queryBefore, progress)
    await follower.catchUp()
    return {
      columns,
      plan,
      manifest,
      metrics: perKind(kind => inquiry.metrics(kind)),
      comparisons: perKind(kind => inquiry.comparisons(kind, input.seed)),
      perQuery: inquiry.perQuery(),
      incompleteFeeds: inquiry.incompleteFeeds,
      refusedEvents: refused,
      liveItems: inquiry.liveItems(),
      feeds: inquiry.feeds,
      follower,
      contents,
    }
  } finally {
    await reader.close()
    await engine.stop()
  }
}

async function startEngine(
  scratch: DirectoryLayout,
  settings: Settings,
  modelSet: string,
  log: Logger,
): Promise<Engine> {
  let failure: Error | null = null
  const engine = await openEngine({
    dataDir: scratch.root,
    settings,
    log,
    metrics: createMetrics({ clock: systemMonotonicClock, latencyWindowMs: 60_000 }),
    faults: false,
    onFailure: error => {
      failure = error
    },
  })
  while (engine.modelSet !== modelSet || engine.notReadyReasons().length > 0) {
    if (failure !== null) throw failure
    await new Promise(resolve => setTimeout(resolve, 20))
  }
  return engine
}

function perKind<T>(of: (kind: QueryKind) => T): Record<QueryKind, T> {
  return Object.fromEntries(queryKinds.map(kind => [kind, of(kind)])) as Record<QueryKind, T>
}
