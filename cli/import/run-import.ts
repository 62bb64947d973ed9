import type { Engine } from '../../actors/engine.ts'
import type { Settings } from '../../config/settings.ts'
import type { Clock } from '../../domain/ports.ts'
import type { Progress } from '../../telemetry/progress.ts'
import { CommandError, InterruptedError } from '../exit.ts'
import { formatAmount } from '../output/table.ts'
import { BadRecord, type BadRecords } from './bad-record.ts'
import { type ImportCounts, Importer } from './importer.ts'
import type { KnownEvents } from './known-events.ts'
import { createRecordReaders, type RecordReaders } from './readers.ts'

export interface ImportRun {
  readonly engine: Engine
  readonly settings: Settings
  readonly known: KnownEvents
  readonly bad: BadRecords
  readonly progress: Progress
  readonly signal: AbortSignal
}

export interface FeedTarget {
  readonly importer: Importer
  readonly readers: RecordReaders
  /** The data directory's clock. */
  readonly clock: Clock
}

export type Feed = (target: FeedTarget) => Promise<void>

/**
 * Imports what `feed` adds, and writes a snapshot. What was added before a bad record or an interrupt is imported.
 *
 * @throws CommandError saying what was imported all the same; InterruptedError; EngineError
 */
export async function runImport(run: ImportRun, feed: Feed): Promise<ImportCounts> {
  const { engine, progress, signal } = run
  const importer = new Importer(run)
  let stopped: BadRecord | undefined
  try {
    await feed({ importer, readers: createRecordReaders(run.settings), clock: engine.clock })
  } catch (error) {
    if (!(error instanceof BadRecord)) throw error
    stopped = error
  }
  // A record of the last batch may turn out bad only now; the first one is what people want to hear of.
  await importer.finish().catch(error => {
    if (!(error instanceof BadRecord)) throw error
    stopped ??= error
  })
  progress.step('Writing a snapshot')
  await engine.snapshot()
  progress.done()
  if (stopped !== undefined) throw stoppedAt(stopped, importer.counts)
  if (signal.aborted) throw interrupted(importer.counts)
  return importer.counts
}

export function stoppedAt(bad: BadRecord, counts: ImportCounts): CommandError {
  const hint = `${bad.hint}. Imported before it: ${describeCounts(counts)}. Repair the file and import it again, or use --keep-going`
  return new CommandError('bad_record', bad.message, hint)
}

function interrupted(counts: ImportCounts): InterruptedError {
  const hint = 'Import it again to go on: what is there already counts once'
  return new InterruptedError(`interrupted; imported until then: ${describeCounts(counts)}`, hint)
}

/** "3 items and 1 event", without what there is none of. */
export function describeCounts({ items, users, events }: ImportCounts): string {
  const amounts = [
    [items, 'item'],
    [users, 'user'],
    [events, 'event'],
  ] as const
  const named = amounts.filter(([count]) => count > 0).map(([count, noun]) => formatAmount(count, noun))
  return named.length === 0 ? 'nothing' : new Intl.ListFormat('en', { style: 'long' }).format(named)
}
