/**
 * Data sets on the disk, for training and analysis: one folder each, with Parquet files (zstd) and a manifest.
 *
 *   <root>/<name>/manifest.json
 *   <root>/<name>/part-00000.parquet …
 *
 * Any number may read at a time; one process writes a data set of one name.
 */
import { existsSync } from 'node:fs'
import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { StorageError } from './errors.ts'
import { type Column, type ColumnBatch, createValues, readColumn, sliceValues } from './offline-store-columns.ts'
import { ParquetDatabase, quoteName, quoteText } from './offline-store-database.ts'
import { type OfflineManifest, readManifest } from './offline-store-manifest.ts'
import type { OfflineStoreSettings } from './offline-store-settings.ts'
import { DataSetWriter } from './offline-store-writer.ts'

export class OfflineStore {
  private readonly root: string
  private readonly settings: OfflineStoreSettings

  constructor(root: string, settings: OfflineStoreSettings) {
    this.root = root
    this.settings = settings
  }

  /**
   * Begins a data set, which will replace the one of that name.
   *
   * @throws StorageError `invalid` when the name or two columns can not be, or when something else stands in its place
   */
  async write(name: string, columns: readonly Column[]): Promise<DataSetWriter> {
    checkColumns(columns)
    const directory = this.directoryOf(name)
    await refuseForeign(directory)
    const unfinished = join(this.root, `.${name}.unfinished`)
    await rm(unfinished, { recursive: true, force: true })
    await mkdir(unfinished, { recursive: true }).catch(cause => {
      throw new StorageError('failed', `${unfinished} can not be made`, 'Check the permissions of its folder', cause)
    })
    const database = await ParquetDatabase.open(this.settings)
    return new DataSetWriter({ name, directory, unfinished, columns }, this.settings, database)
  }

  /** @throws StorageError `invalid` where there is none, `corrupt` where it is not as it was written */
  async open(name: string): Promise<DataSet> {
    const directory = this.directoryOf(name)
    const manifest = await readManifest(directory)
    for (const file of manifest.files) {
      const { size } = await stat(join(directory, file.name)).catch(() => ({ size: -1 }))
      if (size === file.bytes) continue
      const problem = `${file.name} of the data set ${name} has ${size} bytes, not ${file.bytes}`
      throw new StorageError('corrupt', problem, 'Export the data set again')
    }
    return new DataSet(directory, manifest, this.settings)
  }

  private directoryOf(name: string): string {
    if (/^[a-z0-9][a-z0-9-]{0,63}$/.test(name)) return join(this.root, name)
    throw new StorageError('invalid', `'${name}' can not name a data set`, 'Use small letters, digits and dashes')
  }
}

/** A finished data set. */
export class DataSet {
  readonly manifest: OfflineManifest
  private readonly directory: string
  private readonly settings: OfflineStoreSettings

  constructor(directory: string, manifest: OfflineManifest, settings: OfflineStoreSettings) {
    this.directory = directory
    this.manifest = manifest
    this.settings = settings
  }

  /**
   * The rows in the order in which they were written, one file's at a time.
   *
   * @param names of the columns wanted, in this order; all when absent
   * @throws StorageError `invalid` for a column that there is not
   */
  async *batches(names?: readonly string[]): AsyncGenerator<ColumnBatch> {
    const columns = names === undefined ? this.manifest.columns : names.map(name => this.column(name))
    const selected = columns.map(({ name }) => quoteName(name)).join(', ')
    const database = await ParquetDatabase.open(this.settings)
    try {
      for (const { name, rows } of this.manifest.files) {
        const path = quoteText(join(this.directory, name))
        const values = columns.map(({ type }) => createValues(type, rows))
        const result = await database.connection.stream(`SELECT ${selected} FROM read_parquet(${path})`)
        let at = 0
        for (;;) {
          const chunk = await result.fetchChunk()
          if (chunk === null || chunk.rowCount === 0) break
          for (let column = 0; column < columns.length; column++) readColumn(chunk, column, values[column], at)
          at += chunk.rowCount
        }
        yield values.map(column => sliceValues(column, 0, at))
      }
    } finally {
      database.close()
    }
  }

  private column(name: string): Column {
    const column = this.manifest.columns.find(one => one.name === name)
    if (column !== undefined) return column
    const known = this.manifest.columns.map(one => one.name).join(', ')
    throw new StorageError('invalid', `the data set has no column '${name}'`, `It has ${known}`)
  }
}

function checkColumns(columns: readonly Column[]): void {
  // The database does not tell names apart that differ in their case only.
  const names = columns.map(({ name }) => name.toLowerCase())
  const twice = names.find((name, at) => names.indexOf(name) !== at)
  if (columns.length > 0 && twice === undefined) return
  const problem = twice === undefined ? 'a data set needs columns' : `two columns are called '${twice}'`
  throw new StorageError('invalid', problem, 'Give each column a name of its own')
}

/** Nobody's folder is replaced by a data set, unless it is one. */
async function refuseForeign(directory: string): Promise<void> {
  if (!existsSync(directory)) return
  const isEmpty = (await readdir(directory).catch(() => ['a file'])).length === 0
  if (!isEmpty) {
    await readManifest(directory).catch(() => {
      throw new StorageError('invalid', `${directory} is there and is no data set`, 'Name another folder')
    })
  }
}
