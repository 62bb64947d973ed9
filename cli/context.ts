import type { Settings } from '../config/settings.ts'
import { systemMonotonicClock } from '../domain/ports.ts'
import { createLogger, type Logger } from '../telemetry/log.ts'
import { createMetrics, type Metrics } from '../telemetry/metrics.ts'
import { createProgress, type Progress, silentProgress } from '../telemetry/progress.ts'
import { telemetrySettings } from '../telemetry/settings.ts'
import { resolveSettings } from './settings.ts'

/** The options that every command has. */
export interface GlobalOptions {
  readonly dataDir: string
  readonly config?: string
  readonly set?: Readonly<Record<string, string>>
  readonly json?: boolean
  readonly progress: boolean
  readonly logLevel?: string
}

const defaultDataDir = '.sluice'

/** The options that are settings, so that an error names what somebody typed. */
const optionOf: Readonly<Record<string, string>> = {
  'http.host': '--host',
  'http.port': '--port',
  'engine.clock': '--clock',
  'telemetry.logLevel': '--log-level',
}

/** What a command runs in: where its data is, and how it speaks. Results go to standard output, all else to standard error. */
export class CommandContext {
  readonly dataDir: string
  readonly json: boolean
  private readonly options: GlobalOptions

  constructor(options: GlobalOptions) {
    this.options = options
    this.dataDir = options.dataDir
    this.json = options.json === true
  }

  /**
   * @param given what options of this command set, by key; those that are undefined set nothing
   * @param preferred what this command takes instead of the default where nobody set anything
   * @throws SettingsError
   */
  settings(
    given: Readonly<Record<string, string | undefined>> = {},
    preferred: Readonly<Record<string, string>> = {},
  ): Settings {
    const settings = this.resolve(given)
    const isDefault = new Set(settings.entries.filter(({ layer }) => layer === 'default').map(({ key }) => key))
    const unset = Object.entries(preferred).filter(([key]) => isDefault.has(key))
    return unset.length === 0 ? settings : this.resolve({ ...given, ...Object.fromEntries(unset) })
  }

  private resolve(given: Readonly<Record<string, string | undefined>>): Settings {
    const { dataDir, config, set, logLevel } = this.options
    const named = Object.entries({ 'telemetry.logLevel': logLevel, ...given }).filter(
      (entry): entry is [string, string] => entry[1] !== undefined,
    )
    const commandLine = { ...set, ...Object.fromEntries(named) }
    const options = Object.fromEntries(named.map(([key]) => [key, optionOf[key] ?? 'this command']))
    return resolveSettings({ dataDir, configFile: config, environment: process.env, commandLine, options })
  }

  /** Another command on the same data directory, as a person may type it. */
  command(rest: string): string {
    return `\`npx sluice ${rest}${this.dataDirOption()}\``
  }

  /** What has to stand behind a command so that it finds the same data directory; empty for the default one. */
  dataDirOption(): string {
    if (this.dataDir === defaultDataDir) return ''
    return ` --data-dir ${shellWord(this.dataDir)}`
  }

  progress(): Progress {
    if (!this.options.progress) return silentProgress
    return createProgress({ stream: process.stderr, clock: systemMonotonicClock })
  }

  /** A command that ends by itself logs what is wrong, a server also what it does; unless the level was set. */
  logger(settings: Settings, kind: 'command' | 'server'): Logger {
    const { logLevel } = settings.of(telemetrySettings)
    const isSet = settings.entries.some(({ key, layer }) => key === 'telemetry.logLevel' && layer !== 'default')
    return createLogger({ name: 'sluice', level: isSet || kind === 'server' ? logLevel : 'warn' })
  }

  metrics(settings: Settings): Metrics {
    const { latencyWindowMs } = settings.of(telemetrySettings)
    return createMetrics({ clock: systemMonotonicClock, latencyWindowMs })
  }

  /** The command's result: text for people, or one JSON document. */
  print(text: string, document: unknown): void {
    process.stdout.write(this.json ? `${JSON.stringify(document)}\n` : text)
  }

  /** Something to know besides the result. */
  say(text: string): void {
    if (!this.json) process.stdout.write(text)
  }
}

function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}
