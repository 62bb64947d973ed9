/** Where something stands in a file. Lines and columns count from 1. */
export interface Place {
  readonly file: string
  readonly line: number
  readonly column?: number
  /** Name of the field, as the file or the HTTP body calls it. */
  readonly field?: string
}

/** One record of a file that cannot be taken. */
export class BadRecord extends Error {
  override readonly name = 'BadRecord'
  readonly place: Place
  /** A phrase that fits after the field's name. */
  readonly problem: string
  readonly hint: string

  constructor(place: Place, problem: string, hint: string) {
    super(`${describePlace(place)}: ${problem}`)
    this.place = place
    this.problem = problem
    this.hint = hint
  }
}

export function describePlace({ file, line, column, field }: Place): string {
  const parts = [file, `line ${line}`]
  if (column !== undefined) parts.push(`column ${column}`)
  if (field !== undefined) parts.push(`field ${field}`)
  return parts.join(', ')
}

const shownMax = 20

/** What becomes of bad records: the first one stops the import, or all are counted and the first few kept to show. */
export class BadRecords {
  readonly shown: BadRecord[] = []
  count = 0
  private readonly keepGoing: boolean

  constructor(keepGoing: boolean) {
    this.keepGoing = keepGoing
  }

  /** @throws BadRecord unless the import is to keep going */
  add(bad: BadRecord): void {
    this.count++
    if (!this.keepGoing) throw bad
    if (this.shown.length < shownMax) this.shown.push(bad)
  }

  /** What `read` gives; undefined when it throws a BadRecord that is passed over. */
  attempt<T>(read: () => T): T | undefined {
    try {
      return read()
    } catch (error) {
      if (!(error instanceof BadRecord)) throw error
      this.add(error)
      return undefined
    }
  }
}
