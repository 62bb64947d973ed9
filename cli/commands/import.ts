import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { basename } from 'node:path'
import { limits } from '../../config/limits.ts'
import type { Settings } from '../../config/settings.ts'
import { systemMonotonicClock } from '../../domain/ports.ts'
import { layoutOf } from '../../storage/data-directory.ts'
import type { Progress } from '../../telemetry/progress.ts'
import type { CommandContext } from '../context.ts'
import { refuseDemo } from '../demo/marker.ts'
import { openCommandEngine, whenReady } from '../engine.ts'
import { exitCodes } from '../exit.ts'
import { BadRecord, BadRecords } from '../import/bad-record.ts'
import type { ImportCounts } from '../import/importer.ts'
import { importJsonl } from '../import/jsonl.ts'
import { readKnownEvents } from '../import/known-events.ts'
import { findMovieLens, importMovieLens, readMovieLens } from '../import/movielens/import.ts'
import { describeCounts, type Feed, runImport, stoppedAt } from '../import/run-import.ts'
import { interruptible } from '../interrupt.ts'
import { formatAmount, formatCount } from '../output/table.ts'

export interface ImportOptions {
  readonly keepGoing?: boolean
}

export interface MovieLensOptions extends ImportOptions {
  readonly metadata?: string
}

/** All files are read and checked before anything is put. */
export function importMovieLensCommand(
  context: CommandContext,
  path: string,
  options: MovieLensOptions,
): Promise<void> {
  return importing(context, options, async ({ bad, progress, signal }) => {
    const folder = await findMovieLens(path)
    const data = await readMovieLens(folder, options.metadata, bad, progress)
    return to => importMovieLens(data, { ...to, bad, progress, signal })
  })
}

/** @param path a file, or `-` for standard input */
export function importJsonlCommand(context: CommandContext, path: string, options: ImportOptions): Promise<void> {
  return importing(context, options, async ({ bad, progress, signal, settings }) => {
    const name = path === '-' ? 'standard input' : basename(path)
    // A file that is not there is told before a data directory is made.
    if (path !== '-') await (await open(path)).close()
    const chunks = path === '-' ? process.stdin : createReadStream(path)
    const { bodyBytesMax: lineBytesMax } = settings.of(limits)
    return to => {
      progress.step(`Importing ${name}`)
      return importJsonl({ name, chunks, lineBytesMax }, { ...to, bad, signal })
    }
  })
}

interface Preparation {
  readonly bad: BadRecords
  readonly progress: Progress
  readonly signal: AbortSignal
  readonly settings: Settings
}

/** @param prepare reads what can be read before the data directory is opened */
async function importing(
  context: CommandContext,
  { keepGoing = false }: ImportOptions,
  prepare: (preparation: Preparation) => Promise<Feed>,
): Promise<void> {
  refuseDemo(context.dataDir)
  const settings = context.settings(importSettings)
  const progress = context.progress()
  const bad = new BadRecords(keepGoing)
  const startedAt = systemMonotonicClock.ms()
  const counts = await interruptible(async signal => {
    const feed = await prepare({ bad, progress, signal, settings }).catch(error => {
      throw error instanceof BadRecord ? stoppedAt(error, nothing) : error
    })
    const { journal } = layoutOf(context.dataDir)
    const opened = await openCommandEngine(context, settings, 'command')
    try {
      await whenReady(opened.engine, signal)
      return await runImport({ ...opened, known: await readKnownEvents(journal), bad, progress, signal }, feed)
    } finally {
      await opened.engine.stop()
    }
  })
  report(context, counts, bad, (systemMonotonicClock.ms() - startedAt) / 1000)
}

const nothing: ImportCounts = { items: 0, users: 0, events: 0, repeated: 0, clamped: 0 }

/**
 * Imported history is folded in its own time, also where it will be served in that of the machine. Counters are
 * published by the importer, and the one snapshot is written at the end.
 */
export const importSettings = {
  'engine.clock': 'data',
  'engine.snapshotIntervalMs': '86400000',
  'counters.epochIntervalMs': '3600000',
}

function report(context: CommandContext, counts: ImportCounts, bad: BadRecords, seconds: number): void {
  const lines = [`Imported ${describeCounts(counts)} in ${seconds.toFixed(1)} s.`]
  if (counts.repeated > 0) lines.push(passedOver(counts.repeated))
  if (counts.clamped > 0) lines.push(clampedNote(counts.clamped))
  if (bad.count > 0) lines.push(`Passed over ${formatAmount(bad.count, 'bad line')}:`)
  lines.push(...bad.shown.map(({ message, hint }) => `  ${message}. ${hint}`))
  if (bad.count > bad.shown.length) lines.push(`  and ${formatCount(bad.count - bad.shown.length)} more`)
  const isEmpty = counts.items + counts.users + counts.events === 0
  if (!isEmpty) lines.push(`Next: ${context.command('train')}, then ${context.command('serve')}`)
  const problems = bad.shown.map(({ place, problem, hint }) => ({ ...place, problem, hint }))
  context.print(`${lines.join('\n')}\n`, { ...counts, bad: bad.count, problems, seconds })
  if (bad.count > 0 && isEmpty) process.exitCode = exitCodes.failure
}

function passedOver(repeated: number): string {
  return `Passed over ${formatAmount(repeated, 'event')} that ${repeated === 1 ? 'was' : 'were'} there already.`
}

function clampedNote(clamped: number): string {
  const lay = clamped === 1 ? '1 event lies' : `${formatCount(clamped)} events lie`
  return `Warning: ${lay} in the future, by the clock of this machine, and took the time of the import: the clock of the data now stands there.`
}
