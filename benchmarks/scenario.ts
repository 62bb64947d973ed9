import type { Command } from 'commander'
import type { Progress } from '../telemetry/progress.ts'

/** One thing that can be measured: `npm run bench -- <name>`. */
export interface Scenario {
  readonly name: string
  readonly summary: string
  /** How long it takes, data preparation apart. */
  readonly takes: string
  /** Adds the options that it has of its own. */
  declare(command: Command): void
  run(options: ScenarioOptions, progress: Progress): Promise<ScenarioResult>
}

/** What every scenario can be told, and what `declare` added. */
export interface ScenarioOptions {
  /** Absent: MovieLens 1M or a simulated world, prepared once. */
  readonly dataDir?: string
  /** Titles of the simulated world to measure on. */
  readonly simulated?: number
  readonly seed: number
  /** Settings of the server by key. */
  readonly set: Readonly<Record<string, string>>
  /** Where CPU profiles of the server's threads are written, when they are wanted. */
  readonly profile?: string
  readonly [own: string]: unknown
}

export interface ScenarioResult {
  /** Everything that was measured; goes into the result file. */
  readonly figures: object
  /** The same for people. */
  readonly text: string
}
