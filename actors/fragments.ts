import type { AnyFragment } from '../config/fragment.ts'
import { limits } from '../config/limits.ts'
import { eventSettings } from '../features/event-roles.ts'
import { countersSettings } from '../funnel/counters-settings.ts'
import { funnelFragments } from '../funnel/fragments.ts'
import { storageSettings } from '../storage/settings.ts'
import { supervisionSettings } from '../supervision/settings.ts'
import { telemetrySettings } from '../telemetry/settings.ts'
import { catalogSettings } from './catalog/settings.ts'
import { engineSettings } from './engine-settings.ts'
import { journalSettings } from './journal/settings.ts'
import { modelSettings } from './model-manager/settings.ts'
import { continuousSettings } from './trainer/settings.ts'
import { usersSettings } from './user-shard/settings.ts'

/** Everything that can be set about a running engine, doors and training apart. */
export const engineFragments: readonly AnyFragment[] = [
  limits,
  eventSettings,
  engineSettings,
  ...funnelFragments,
  countersSettings,
  catalogSettings,
  usersSettings,
  journalSettings,
  modelSettings,
  continuousSettings,
  storageSettings,
  supervisionSettings,
  telemetrySettings,
]
