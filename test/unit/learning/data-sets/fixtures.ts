import { rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { loadSettings } from '../../../../config/load.ts'
import type { DataSetTask } from '../../../../learning/data-sets/data-set.ts'
import { dataSetSettings } from '../../../../learning/data-sets/settings.ts'
import { trainerFragments } from '../../../../learning/settings.ts'
import type { JournalReader } from '../../../../storage/event-log.ts'
import { type DataSet, OfflineStore } from '../../../../storage/offline-store.ts'
import { offlineStoreSettings } from '../../../../storage/offline-store-settings.ts'
import { silentProgress } from '../../../../telemetry/progress.ts'

/** Small models, few queries. */
export const settings = loadSettings([...trainerFragments, dataSetSettings, offlineStoreSettings], {
  commandLine: {
    'training.queriesMax': '60',
    'training.groupSize': '16',
    'training.ials.dimension': '8',
    'training.ials.epochs': '2',
    'training.content.dimension': '8',
    'training.content.buckets': '4096',
    'training.sequence.width': '8',
    'training.sequence.blocks': '1',
    'training.sequence.epochs': '1',
    'training.twoTower.dimension': '8',
    'training.twoTower.itemHidden': '8',
    'training.twoTower.userHidden': '8',
    'training.twoTower.batchSize': '128',
    'training.twoTower.negatives': '64',
    'training.twoTower.epochs': '1',
    'training.twoTower.examplesPerEpoch': '500',
    'dataSets.verifiedQueries': '25',
  },
})

export function taskOn(journal: JournalReader, fields: Partial<DataSetTask> = {}): DataSetTask {
  const limits = { itemsMax: 10_000, rowsMax: 20_000 }
  const { lastSeq: toSeq } = journal
  return { journal, settings, limits, seed: 3, toSeq, progress: silentProgress, throwIfCancelled() {}, ...fields }
}

/** A store in a folder that is gone after the file's tests. */
export async function temporaryStore(): Promise<OfflineStore> {
  const root = await mkdtemp(join(tmpdir(), 'sluice-data-sets-'))
  afterAll(() => rmSync(root, { recursive: true, force: true }))
  return new OfflineStore(root, settings.of(offlineStoreSettings))
}

/** Every row as an object. */
export async function rowsOf(dataSet: DataSet): Promise<Record<string, string | number | null>[]> {
  const names = dataSet.manifest.columns.map(({ name }) => name)
  const rows: Record<string, string | number | null>[] = []
  for await (const batch of dataSet.batches()) {
    for (let row = 0; row < batch[0].length; row++) {
      rows.push(Object.fromEntries(names.map((name, column) => [name, batch[column][row]])))
    }
  }
  return rows
}
