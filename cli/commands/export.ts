import { resolve } from 'node:path'
import { catalogSettings } from '../../actors/catalog/settings.ts'
import { systemMonotonicClock } from '../../domain/ports.ts'
import { type DataSetName, dataSetNames } from '../../learning/data-sets/data-set.ts'
import { exportDataSet } from '../../learning/data-sets/export-data-set.ts'
import { type TimeTravelReport, verifyTimeTravel } from '../../learning/data-sets/verify-time-travel.ts'
import { NotEnoughData } from '../../learning/not-enough-data.ts'
import { describeDirectory, layoutOf } from '../../storage/data-directory.ts'
import { OfflineStore } from '../../storage/offline-store.ts'
import type { OfflineManifest } from '../../storage/offline-store-manifest.ts'
import { offlineStoreSettings } from '../../storage/offline-store-settings.ts'
import { openJournal } from '../../storage/open-journal.ts'
import type { CommandContext } from '../context.ts'
import { CommandError, exitCodes, InterruptedError } from '../exit.ts'
import { interruptible } from '../interrupt.ts'
import { formatCount } from '../output/table.ts'

export interface ExportOptions {
  readonly dataset: string
  readonly out: string
  readonly toSeq?: number
  readonly seed?: number
  readonly verify?: boolean
}

interface Exported {
  readonly manifest: OfflineManifest
  /** Null where nobody asked for it. */
  readonly timeTravel: TimeTravelReport | null
}

const defaultSeed = 1

export async function exportCommand(context: CommandContext, options: ExportOptions): Promise<void> {
  const name = nameOf(options)
  const { dataDir } = context
  const { empty } = await describeDirectory(dataDir)
  if (empty) {
    const hint = 'Import something with `sluice import`, or name another directory with --data-dir'
    throw new CommandError('no_data', `${dataDir} holds no history to export`, hint)
  }
  const startedAt = systemMonotonicClock.ms()
  const { manifest, timeTravel } = await interruptible(signal => makeDataSet(context, name, options, signal))
  const seconds = (systemMonotonicClock.ms() - startedAt) / 1000
  const directory = resolve(options.out, name)
  const text = [exportedText(manifest, directory, seconds), ...(timeTravel === null ? [] : [verifiedText(timeTravel)])]
  context.print(`${text.join('\n')}\n`, { directory, ...manifest, timeTravel, seconds })
  if (timeTravel !== null && timeTravel.differing > 0) process.exitCode = exitCodes.failure
}

function nameOf({ dataset, verify }: ExportOptions): DataSetName {
  const name = dataSetNames.find(known => known === dataset)
  if (name === undefined) {
    const hint = `Choose one of ${dataSetNames.join(', ')}`
    throw new CommandError('unknown_data_set', `there is no data set '${dataset}'`, hint, { exitCode: exitCodes.usage })
  }
  if (verify !== true || name === 'ranker-rows') return name
  const hint = 'Leave out --verify, or export ranker-rows'
  throw new CommandError('nothing_to_verify', `${name} hold no features`, hint, { exitCode: exitCodes.usage })
}

async function makeDataSet(
  context: CommandContext,
  name: DataSetName,
  options: ExportOptions,
  signal: AbortSignal,
): Promise<Exported> {
  const settings = context.settings()
  const store = new OfflineStore(options.out, settings.of(offlineStoreSettings))
  const journal = await openJournal(layoutOf(context.dataDir).journal, { readOnly: true })
  const task = {
    journal,
    settings,
    limits: settings.of(catalogSettings),
    seed: options.seed ?? defaultSeed,
    toSeq: Math.min(options.toSeq ?? journal.lastSeq, journal.lastSeq),
    progress: context.progress(),
    throwIfCancelled: () => {
      if (signal.aborted) throw new InterruptedError('the export was interrupted', 'Nothing of it stays behind')
    },
  }
  try {
    refuseCut(journal.firstSeq)
    const manifest = await exportDataSet(name, task, store)
    if (options.verify !== true) return { manifest, timeTravel: null }
    return { manifest, timeTravel: await verifyTimeTravel({ ...task, dataSet: await store.open(name) }) }
  } catch (error) {
    throw error instanceof NotEnoughData ? tooLittle(error) : error
  } finally {
    await journal.close()
  }
}

/** State is a fold over the whole journal: with its beginning gone, features would be others than were served. */
function refuseCut(firstSeq: number): void {
  if (firstSeq <= 1) return
  const hint = 'Export before retention removes what is needed, see storage.retainedRecords'
  throw new CommandError('journal_cut', `the journal begins at ${firstSeq}, not with its first record`, hint)
}

function tooLittle({ message }: NotEnoughData): CommandError {
  const [problem, ...advice] = message.split('. ')
  return new CommandError('not_enough_data', problem, advice.join('. '))
}

function exportedText({ rows, files, columns }: OfflineManifest, directory: string, seconds: number): string {
  const megabytes = files.reduce((sum, { bytes }) => sum + bytes, 0) / 1e6
  const size = `${columns.length} columns, ${megabytes.toFixed(1)} MB in ${files.length} files`
  return `Wrote ${formatCount(rows)} rows to ${directory} (${size}) in ${seconds.toFixed(1)} s`
}

function verifiedText({ queries, rows, differing, first }: TimeTravelReport): string {
  const checked = `${formatCount(rows)} rows of ${formatCount(queries)} queries`
  if (first === null) return `Time travel: ${checked} computed again from the journal before them, all bits the same`
  const { row, user, item, askedSeq, problem, feature } = first
  const values = feature === undefined ? '' : `: exported ${feature.exported}, recomputed ${feature.recomputed}`
  return [
    `Time travel: ${formatCount(differing)} of ${checked} are not what a request at their time would have seen`,
    `  first: row ${row}, user ${user}, item ${item}, asked at ${askedSeq}: ${problem}${values}`,
  ].join('\n')
}
