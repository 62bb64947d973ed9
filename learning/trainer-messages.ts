import type { ItemTableLimits } from '../domain/item-table/item-table-writer.ts'
import type { SettingsText } from '../funnel/fragments.ts'
import type { Manifest } from '../models/artefact/artefact-manifest.ts'

/** What a trainer process is told, once. */
export interface TrainerOrder {
  /** Folder of the journal. */
  readonly journal: string
  readonly modelsRoot: string
  readonly settings: SettingsText
  readonly limits: ItemTableLimits
  readonly seed: number
  readonly createdAt: number
  readonly toSeq?: number
}

export type FromTrainer =
  | { readonly type: 'step'; readonly name: string; readonly total?: number }
  | { readonly type: 'advance'; readonly count: number }
  | { readonly type: 'done' }
  | { readonly type: 'trained'; readonly manifest: Manifest }
  | { readonly type: 'failed'; readonly name: string; readonly message: string }
