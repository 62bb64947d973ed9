import type { OfflineStore } from '../../storage/offline-store.ts'
import type { Column } from '../../storage/offline-store-columns.ts'
import type { OfflineManifest } from '../../storage/offline-store-manifest.ts'
import type { DataSetName, DataSetTask, RowSink } from './data-set.ts'
import { exportImpressions, impressionColumns } from './impressions.ts'
import { exportInteractions, interactionColumns } from './interactions.ts'
import { lineageOf } from './lineage.ts'
import { exportRankerRows, rankerRowColumns } from './ranker-rows.ts'

interface DataSetKind {
  readonly columns: readonly Column[]
  /** @returns what the manifest says besides */
  readonly write: (task: DataSetTask, sink: RowSink) => Promise<object>
}

const kinds: Readonly<Record<DataSetName, DataSetKind>> = {
  interactions: { columns: interactionColumns, write: exportInteractions },
  impressions: { columns: impressionColumns, write: exportImpressions },
  'ranker-rows': { columns: rankerRowColumns, write: exportRankerRows },
}

/** Makes a data set from the journal, in the place of the one of that name. @throws NotEnoughData, StorageError */
export async function exportDataSet(
  name: DataSetName,
  task: DataSetTask,
  store: OfflineStore,
): Promise<OfflineManifest> {
  const { columns, write } = kinds[name]
  const writer = await store.write(name, columns)
  try {
    const details = await write(task, writer)
    return await writer.finish(lineageOf(task, details))
  } catch (error) {
    await writer.discard()
    throw error
  }
}
