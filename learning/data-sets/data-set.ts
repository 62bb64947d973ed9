import type { Settings } from '../../config/settings.ts'
import type { ItemTableLimits } from '../../domain/item-table/item-table-writer.ts'
import type { JournalReader } from '../../storage/event-log.ts'
import type { ColumnBatch } from '../../storage/offline-store-columns.ts'
import type { Progress } from '../../telemetry/progress.ts'

export const dataSetNames = ['interactions', 'impressions', 'ranker-rows'] as const
export type DataSetName = (typeof dataSetNames)[number]

/** What a data set is made from. */
export interface DataSetTask {
  readonly journal: JournalReader
  readonly settings: Settings
  readonly limits: ItemTableLimits
  readonly seed: number
  /** Records after this number are not looked at. */
  readonly toSeq: number
  readonly progress: Progress
  /** @throws when nobody wants the data set any longer */
  readonly throwIfCancelled: () => void
}

export interface RowSink {
  append(batch: ColumnBatch): Promise<void>
}
