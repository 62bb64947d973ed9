/** Exit codes of the command `sluice`. */
export const exitCodes = { ok: 0, failure: 1, usage: 2, interrupted: 130 } as const

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

export interface CommandErrorOptions {
  /** Default: failure. */
  readonly exitCode?: ExitCode
  readonly cause?: unknown
}

/** Something a person has to know and can do something about; ends the command. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
  readonly code: string
  readonly hint: string
  readonly exitCode: ExitCode

  constructor(code: string, message: string, hint: string, options: CommandErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.hint = hint
    this.exitCode = options.exitCode ?? exitCodes.failure
  }
}

/** Somebody pressed Ctrl-C. `done` says what stays done. */
export class InterruptedError extends CommandError {
  constructor(done: string, hint: string) {
    super('interrupted', done, hint, { exitCode: exitCodes.interrupted })
  }
}
