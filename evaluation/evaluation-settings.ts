import { engineFragments } from '../actors/fragments.ts'
import { loadSettings } from '../config/load.ts'
import type { Settings } from '../config/settings.ts'
import { settingsText } from '../funnel/fragments.ts'

/**
 * The engine's settings for an evaluation: data time, no work by the wall clock that could change an answer, and limits
 * so wide that a busy machine gives the same feeds as an idle one. Everything else stays as it is.
 */
export function evaluationSettings(settings: Settings): Settings {
  return loadSettings(engineFragments, {
    commandLine: {
      ...settingsText(settings, engineFragments),
      'engine.clock': 'data',
      'engine.snapshotIntervalMs': '86400000',
      'engine.ackTimeoutMs': '600000',
      'counters.epochIntervalMs': '3600000',
      'funnel.requestDeadlineMs': '60000',
      'funnel.gatherDeadlineMs': '10000',
      'models.lookIntervalMs': '50',
    },
  })
}
