import { createReadStream } from 'node:fs'
import { basename } from 'node:path'
import { type Line, readLines } from '../../storage/lines.ts'
import { BadRecord, type BadRecords } from './bad-record.ts'
import { type CsvFault, CsvReader } from './csv.ts'

/** A record of a file in columns: the wanted fields, in the order they were asked for. */
export interface TableRow {
  readonly file: string
  readonly line: number
  readonly names: readonly string[]
  readonly fields: readonly string[]
}

export interface TableSource {
  readonly path: string
  /** `csv`: UTF-8, the first line names the columns. `dat`: latin-1, fields apart by `::`, columns always the same. */
  readonly format: 'csv' | 'dat'
  /** Names of the wanted columns; for `dat`, of all columns in their order. */
  readonly columns: readonly string[]
}

const lineBytesMax = 1 << 20

/**
 * Reads a file row by row. What cannot be read, or what `take` throws a BadRecord over, goes to `bad`, in the order of
 * the file.
 *
 * @param onLines told how many lines have been read since it was last told
 * @throws BadRecord unless the import is to keep going; always when a header lacks a column
 */
export async function readTable(
  source: TableSource,
  bad: BadRecords,
  take: (row: TableRow) => void,
  onLines: (count: number) => void = () => {},
): Promise<void> {
  const encoding = source.format === 'dat' ? 'latin1' : 'utf8'
  const reader = source.format === 'dat' ? new DatReader(source, bad) : new CsvTableReader(source, bad)
  for await (const lines of readLines(createReadStream(source.path), encoding, lineBytesMax)) {
    for (const line of lines) {
      const row = reader.read(line)
      if (row !== undefined) bad.attempt(() => take(row))
    }
    onLines(lines.length)
  }
  reader.end()
}

/** A fault of one field of a row. */
export function badField(row: TableRow, index: number, problem: string, hint: string): BadRecord {
  return new BadRecord({ file: row.file, line: row.line, field: row.names[index] }, problem, hint)
}

class DatReader {
  private readonly source: TableSource
  private readonly bad: BadRecords
  private readonly file: string

  constructor(source: TableSource, bad: BadRecords) {
    this.source = source
    this.bad = bad
    this.file = basename(source.path)
  }

  read({ number, text }: Line): TableRow | undefined {
    if (text === '') return undefined
    const { columns: names } = this.source
    const fields = text.split('::')
    if (fields.length === names.length) return { file: this.file, line: number, names, fields }
    const problem = `has ${countOf(fields.length, 'field')}, but needs ${names.length}`
    this.bad.add(new BadRecord({ file: this.file, line: number }, problem, `A line is ${names.join('::')}`))
    return undefined
  }

  end(): void {}
}

class CsvTableReader {
  private readonly source: TableSource
  private readonly bad: BadRecords
  private readonly file: string
  private readonly csv = new CsvReader()
  /** Fields per row, and the place of each wanted column, once the header has been read. */
  private header: { readonly width: number; readonly places: readonly number[] } | null = null

  constructor(source: TableSource, bad: BadRecords) {
    this.source = source
    this.bad = bad
    this.file = basename(source.path)
  }

  read(line: Line): TableRow | undefined {
    const row = this.csv.read(line)
    if (row === undefined) return undefined
    if (row.fault !== undefined) return this.refuse(row.fault, 'Quote a field that holds commas or quotes')
    if (this.header === null) {
      this.header = this.readHeader(row.fields, row.line)
      return undefined
    }
    const { width, places } = this.header
    if (row.fields.length !== width) {
      const problem = `has ${countOf(row.fields.length, 'field')}, but the header names ${width}`
      return this.refuse({ line: row.line, problem }, 'Quote a field that holds commas')
    }
    const fields = places.map(place => row.fields[place])
    return { file: this.file, line: row.line, names: this.source.columns, fields }
  }

  end(): void {
    const row = this.csv.end()
    if (row?.fault !== undefined) this.refuse(row.fault, 'Close the quotes')
  }

  /** Without its columns a file cannot be read at all, so this is never passed over. @throws BadRecord */
  private readHeader(names: readonly string[], line: number) {
    const places = this.source.columns.map(column => {
      const place = names.indexOf(column)
      if (place >= 0) return place
      const hint = `The first line must name the columns ${this.source.columns.join(', ')}`
      throw new BadRecord({ file: this.file, line }, `the header names no column '${column}'`, hint)
    })
    return { width: names.length, places }
  }

  private refuse({ line, column, problem }: CsvFault, hint: string): undefined {
    this.bad.add(new BadRecord({ file: this.file, line, column }, problem, hint))
  }
}

function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
