import { open, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type DuckDBAppender, DuckDBDataChunk } from '@duckdb/node-api'
import { StorageError } from './errors.ts'
import { type Column, type ColumnBatch, databaseTypes, writeColumn } from './offline-store-columns.ts'
import { type ParquetDatabase, quoteName, quoteText } from './offline-store-database.ts'
import { hashColumns, type Lineage, manifestName, type OfflineManifest } from './offline-store-manifest.ts'
import type { OfflineStoreSettings } from './offline-store-settings.ts'
import { syncDirectory } from './sync-directory.ts'

/** Rows in one vector of the database. */
const chunkRows = 2048

export interface WriterTarget {
  readonly name: string
  /** Where the data set will stand. */
  readonly directory: string
  /** Where it is written until it is whole. */
  readonly unfinished: string
  readonly columns: readonly Column[]
}

/**
 * Writes one data set, file by file.
 *
 * 1. Rows keep the order in which they are appended.
 * 2. The data set appears whole and durable at `finish`, in the place of the one before, or not at all.
 * 3. Memory holds one file's rows at most, compressed by the database where they outgrow it.
 */
export class DataSetWriter {
  rows = 0
  private readonly target: WriterTarget
  private readonly settings: OfflineStoreSettings
  private readonly database: ParquetDatabase
  private readonly files: { readonly name: string; readonly rows: number; readonly bytes: number }[] = []
  private appender: DuckDBAppender | null = null
  private rowsOfFile = 0

  constructor(target: WriterTarget, settings: OfflineStoreSettings, database: ParquetDatabase) {
    this.target = target
    this.settings = settings
    this.database = database
  }

  /** @throws RangeError when the columns are not those of the data set, or differ in length */
  async append(batch: ColumnBatch): Promise<void> {
    const { columns } = this.target
    if (batch.length !== columns.length) throw new RangeError(`${batch.length} columns, not ${columns.length}`)
    const count = batch[0].length
    const other = batch.findIndex(values => values.length !== count)
    if (other >= 0) throw new RangeError(`${columns[other].name} has ${batch[other].length} rows, not ${count}`)
    let from = 0
    while (from < count) {
      const room = this.settings.rowsPerFile - this.rowsOfFile
      const length = Math.min(count - from, room, chunkRows)
      await this.appendChunk(batch, from, length)
      from += length
      if (length === room) await this.closeFile()
    }
  }

  /** Puts the data set in its place. */
  async finish(lineage: Lineage): Promise<OfflineManifest> {
    // A data set without rows still has a file, so that whoever reads it finds its columns.
    if (this.rowsOfFile > 0 || this.files.length === 0) await this.closeFile()
    this.database.close()
    const { name, directory, unfinished, columns } = this.target
    const manifest: OfflineManifest = {
      format: 'sluice-data-set',
      version: 1,
      name,
      rows: this.rows,
      files: this.files,
      columns: columns.map(column => ({ ...column })),
      columnsHash: hashColumns(columns),
      lineage,
    }
    await writeSynced(join(unfinished, manifestName), `${JSON.stringify(manifest, null, 2)}\n`)
    syncDirectory(unfinished)
    await replaceDirectory(unfinished, directory)
    return manifest
  }

  /** Leaves nothing behind. */
  async discard(): Promise<void> {
    this.database.close()
    await rm(this.target.unfinished, { recursive: true, force: true })
  }

  private async appendChunk(batch: ColumnBatch, from: number, length: number): Promise<void> {
    const { columns } = this.target
    this.appender ??= await this.openFile()
    const types = columns.map(({ type }) => databaseTypes[type].type)
    const chunk = DuckDBDataChunk.create(types, length)
    for (let column = 0; column < columns.length; column++) writeColumn(chunk, column, batch[column], from)
    this.appender.appendDataChunk(chunk)
    this.rowsOfFile += length
    this.rows += length
  }

  private async openFile(): Promise<DuckDBAppender> {
    const columns = this.target.columns.map(({ name, type }) => `${quoteName(name)} ${databaseTypes[type].name}`)
    await this.database.connection.run(`CREATE TABLE rows (${columns.join(', ')})`)
    return this.database.connection.createAppender('rows')
  }

  private async closeFile(): Promise<void> {
    const { connection } = this.database
    const appender = this.appender ?? (await this.openFile())
    appender.closeSync()
    this.appender = null
    const name = `part-${String(this.files.length).padStart(5, '0')}.parquet`
    const path = join(this.target.unfinished, name)
    const format = `FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL ${this.settings.compressionLevel}`
    await connection.run(`COPY rows TO ${quoteText(path)} (${format})`).catch(cause => {
      throw new StorageError(
        'failed',
        `${path} can not be written`,
        'Look for space on the disk, and permissions',
        cause,
      )
    })
    await connection.run('DROP TABLE rows')
    const file = await open(path, 'r+')
    await file.sync()
    await file.close()
    this.files.push({ name, rows: this.rowsOfFile, bytes: (await stat(path)).size })
    this.rowsOfFile = 0
  }
}

async function writeSynced(path: string, text: string): Promise<void> {
  const file = await open(path, 'w')
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** A folder cannot be renamed onto one that has files: the old one steps aside first, and comes back should that fail. */
async function replaceDirectory(from: string, to: string): Promise<void> {
  const aside = `${from}.before`
  await rm(aside, { recursive: true, force: true })
  const hadOne = await rename(to, aside).then(
    () => true,
    () => false,
  )
  try {
    await rename(from, to)
  } catch (error) {
    if (hadOne) await rename(aside, to)
    throw error
  }
  syncDirectory(dirname(to))
  await rm(aside, { recursive: true, force: true })
}
