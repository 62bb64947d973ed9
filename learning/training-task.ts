import type { Settings } from '../config/settings.ts'
import type { ItemTableLimits } from '../domain/item-table/item-table-writer.ts'
import type { JournalReader } from '../storage/event-log.ts'
import type { Progress } from '../telemetry/progress.ts'

export interface TrainingTask {
  readonly journal: JournalReader
  readonly settings: Settings
  readonly limits: ItemTableLimits
  readonly seed: number
  readonly modelsRoot: string
  /** Epoch ms; names the set. */
  readonly createdAt: number
  /** Records after this number are not looked at. */
  readonly toSeq?: number
  readonly progress: Progress
  readonly isCancelled?: () => boolean
}
