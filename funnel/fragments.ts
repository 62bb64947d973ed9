import type { AnyFragment } from '../config/fragment.ts'
import { loadSettings } from '../config/load.ts'
import type { Settings } from '../config/settings.ts'
import { featureSettings } from '../features/settings.ts'
import { rankingSettings, valueSettings } from './scorers/settings.ts'
import { diversitySettings, explorationSettings, freshnessSettings, rerankSettings } from './selectors/settings.ts'
import { funnelSettings, indexSettings, policySettings } from './settings.ts'
import { sources } from './sources/registry.ts'

/** Everything that can be set about the funnel; what its threads load of the settings. */
export const funnelFragments: readonly AnyFragment[] = [
  featureSettings,
  funnelSettings,
  indexSettings,
  policySettings,
  rankingSettings,
  valueSettings,
  rerankSettings,
  diversitySettings,
  freshnessSettings,
  explorationSettings,
  ...sources.map(source => source.settings),
]

/** Settings as text, to hand to a thread or another process. */
export type SettingsText = Readonly<Record<string, string>>

export function settingsText(settings: Settings, fragments: readonly AnyFragment[] = funnelFragments): SettingsText {
  const texts: Record<string, string> = {}
  for (const fragment of fragments) {
    for (const [name, value] of Object.entries(settings.of(fragment))) {
      texts[`${fragment.path}.${name}`] = typeof value === 'string' ? value : JSON.stringify(value)
    }
  }
  return texts
}

export function settingsFromText(texts: SettingsText, fragments: readonly AnyFragment[] = funnelFragments): Settings {
  return loadSettings(fragments, { commandLine: texts })
}
