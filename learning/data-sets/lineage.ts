import type { Settings } from '../../config/settings.ts'
import { schemaHashOf } from '../../funnel/schema-hash.ts'
import type { Lineage } from '../../storage/offline-store-manifest.ts'
import { trainerFragments } from '../settings.ts'
import type { DataSetTask } from './data-set.ts'
import { dataSetSettings } from './settings.ts'

/** Everything set that a row may depend on, by path of its fragment. */
export function lineageSettings(settings: Settings): Record<string, unknown> {
  return Object.fromEntries(
    [...trainerFragments, dataSetSettings].map(fragment => [fragment.path, settings.of(fragment)]),
  )
}

export function lineageOf({ journal, toSeq, seed, settings }: DataSetTask, details: object): Lineage {
  return {
    featureSchemaHash: schemaHashOf(settings),
    fromSeq: journal.firstSeq,
    toSeq,
    seed,
    settings: lineageSettings(settings),
    details: { ...details },
  }
}
