export type SettingLayer = 'default' | 'profile' | 'file' | 'environment' | 'command line'

/** One thing that is wrong with one given value. */
export interface SettingProblem {
  /** `http.port`; for an unknown key or variable, the name as it was given. */
  readonly key: string
  readonly value: unknown
  /** What would have been accepted, as a phrase; empty for an unknown key. */
  readonly allowed: string
  readonly layer: SettingLayer
  /** File path, variable name or flag. */
  readonly source: string
  readonly message: string
  /** What to do about it; empty when the message says it already. */
  readonly hint: string
}

/** Everything that is wrong with the given settings, so that one run shows all of it. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError'
  readonly problems: readonly SettingProblem[]

  constructor(problems: readonly SettingProblem[]) {
    const lines = problems.map(p => `  - ${p.message}${p.hint && `. ${p.hint}`} (${where(p)})`)
    const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`
    super(`${count} in the settings:\n${lines.join('\n')}`)
    this.problems = problems
  }
}

function where(problem: SettingProblem): string {
  if (problem.layer === 'environment') return `environment variable ${problem.source}`
  return problem.layer === 'file' ? `file ${problem.source}` : problem.source
}
