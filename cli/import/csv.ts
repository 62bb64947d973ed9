import type { Line } from '../../storage/lines.ts'

/** One record; `line` is where it begins. */
export interface CsvRow {
  readonly line: number
  readonly fields: readonly string[]
  /** Why the record cannot be read, when it cannot. */
  readonly fault?: CsvFault
}

export interface CsvFault {
  readonly line: number
  /** From 1; absent when the whole line is meant. */
  readonly column?: number
  readonly problem: string
}

/**
 * Reads CSV (RFC 4180) line by line: fields may be quoted, and quoted ones may hold commas, doubled quotes and line
 * ends, which are read as LF. Empty lines are passed over. After a fault, reading goes on with the next line.
 */
export class CsvReader {
  private fields: string[] = []
  /** What has been read of a quoted field that is still open, and where it opened. */
  private open: { text: string; readonly line: number; readonly column: number } | null = null
  private rowLine = 0

  /** @returns the record that ends with this line, undefined when none does */
  read({ number, text, fault }: Line): CsvRow | undefined {
    if (fault !== undefined) return this.fail({ line: number, problem: fault })
    if (this.open !== null) {
      this.open.text += '\n'
      return this.readRow(text, number)
    }
    if (text === '') return undefined
    if (!text.includes('"')) return { line: number, fields: text.split(',') }
    this.rowLine = number
    return this.readRow(text, number)
  }

  /** To be called behind the last line. */
  end(): CsvRow | undefined {
    if (this.open === null) return undefined
    const { line, column } = this.open
    return this.fail({ line, column, problem: 'a quoted field begins here and never ends' })
  }

  /** Reads fields until the line ends, beginning inside the open field if there is one. */
  private readRow(text: string, line: number): CsvRow | undefined {
    let at = 0
    while (at <= text.length) {
      if (this.open === null && text[at] === '"') this.open = { text: '', line, column: ++at }
      const end = this.open === null ? this.readPlain(text, at) : this.readQuoted(this.open, text, at)
      if (end < 0) return undefined
      if (end < text.length && text[end] !== ',') {
        const problem = 'a quote stands inside a field; a field with quotes is quoted itself, its quotes doubled'
        return this.fail({ line, column: end + 1, problem })
      }
      at = end + 1
    }
    return this.finish()
  }

  /** @returns the place behind the field: a comma, a misplaced quote or the end of the line */
  private readPlain(text: string, start: number): number {
    const comma = text.indexOf(',', start)
    const end = comma < 0 ? text.length : comma
    const field = text.slice(start, end)
    const misplaced = field.indexOf('"')
    if (misplaced >= 0) return start + misplaced
    this.fields.push(field)
    return end
  }

  /** @returns the place behind the closing quote, -1 when the field goes on in the next line */
  private readQuoted(open: { text: string }, text: string, start: number): number {
    let at = start
    for (;;) {
      const end = text.indexOf('"', at)
      if (end < 0) {
        open.text += text.slice(at)
        return -1
      }
      open.text += text.slice(at, end)
      if (text[end + 1] !== '"') {
        this.fields.push(open.text)
        this.open = null
        // Anything but a comma behind the closing quote is reported as the quote's fault, at the quote.
        return end + 1 >= text.length || text[end + 1] === ',' ? end + 1 : end
      }
      open.text += '"'
      at = end + 2
    }
  }

  private finish(): CsvRow {
    const row = { line: this.rowLine, fields: this.fields }
    this.fields = []
    return row
  }

  private fail(fault: CsvFault): CsvRow {
    const line = this.open === null ? fault.line : this.rowLine
    this.fields = []
    this.open = null
    return { line, fields: [], fault }
  }
}
