import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import Type from 'typebox'
import { engineFragments } from '../actors/fragments.ts'
import { type AnyFragment, defineSettings } from '../config/fragment.ts'
import { loadSettings } from '../config/load.ts'
import type { Settings } from '../config/settings.ts'
import { hourMs, secondMs } from '../config/units.ts'
import { httpSettings } from '../gateway/settings.ts'
import { dataSetSettings } from '../learning/data-sets/settings.ts'
import { learningFragments } from '../learning/settings.ts'
import { offlineStoreSettings } from '../storage/offline-store-settings.ts'
import { CommandError, exitCodes } from './exit.ts'
import { profiles } from './profiles.ts'

export const serveSettings = defineSettings('serve', 'The command that serves', {
  stopGraceMs: Type.Integer({
    description: 'How long a stop may take to answer what has arrived and write the last snapshot',
    unit: 'ms',
    default: 30 * secondMs,
    minimum: secondMs,
    maximum: hourMs,
    answer: false,
  }),
})

/** Everything that can be set. */
export const allFragments: readonly AnyFragment[] = [
  ...engineFragments,
  ...learningFragments,
  dataSetSettings,
  offlineStoreSettings,
  httpSettings,
  serveSettings,
]

export interface SettingsSources {
  readonly dataDir: string
  /** Must exist. Without it, `sluice.toml` in the working directory or the data directory is read when it is there. */
  readonly configFile?: string
  readonly environment: Readonly<Record<string, string | undefined>>
  /** By key, as text. */
  readonly commandLine: Readonly<Record<string, string>>
  /** The option that gave a value of `commandLine`, by key, where it was not `--set`. */
  readonly options?: Readonly<Record<string, string>>
}

/** Default, profile, file, environment, command line. @throws SettingsError; CommandError when the file cannot be read */
export function resolveSettings(sources: SettingsSources): Settings {
  const { environment, commandLine, options } = sources
  return loadSettings(allFragments, {
    profiles,
    file: readConfigFile(sources),
    environment,
    commandLine,
    options,
  })
}

function readConfigFile({ dataDir, configFile }: SettingsSources) {
  const path = configFile ?? ['sluice.toml', join(dataDir, 'sluice.toml')].find(name => existsSync(name))
  if (path === undefined) return undefined
  try {
    return { path, text: readFileSync(path, 'utf8') }
  } catch (cause) {
    const hint = 'Name a file in TOML with --config or SLUICE_CONFIG, or leave both out'
    const message = `the settings file ${path} cannot be read: ${(cause as Error).message}`
    throw new CommandError('config_file', message, hint, { exitCode: exitCodes.usage, cause })
  }
}
