/** One line of a file of interactions that cannot be taken: where it stands, what is wrong, and what to do about it. */
export class BadLine extends Error {
  override readonly name = 'BadLine'
  readonly file: string
  /** From 1. */
  readonly line: number
  readonly problem: string
  readonly hint: string

  constructor(file: string, line: number, problem: string, hint: string) {
    super(`${file}, line ${line}: ${problem}`)
    this.file = file
    this.line = line
    this.problem = problem
    this.hint = hint
  }
}

/** The input as a whole cannot be taken: nothing there, or not what the format says. */
export class BadInput extends Error {
  override readonly name = 'BadInput'
  readonly hint: string

  constructor(message: string, hint: string) {
    super(message)
    this.hint = hint
  }
}
