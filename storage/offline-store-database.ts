import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import type { OfflineStoreSettings } from './offline-store-settings.ts'

/** A database in memory through which Parquet files are written and read; it keeps nothing. */
export class ParquetDatabase {
  readonly connection: DuckDBConnection
  private readonly instance: DuckDBInstance

  private constructor(instance: DuckDBInstance, connection: DuckDBConnection) {
    this.instance = instance
    this.connection = connection
  }

  /** One thread keeps rows in the order in which they were written, and the other cores for who asked. */
  static async open({ memoryBytes }: OfflineStoreSettings): Promise<ParquetDatabase> {
    const options = { threads: '1', memory_limit: `${memoryBytes}B`, preserve_insertion_order: 'true' }
    const instance = await DuckDBInstance.create(':memory:', options)
    return new ParquetDatabase(instance, await instance.connect())
  }

  close(): void {
    this.connection.closeSync()
    this.instance.closeSync()
  }
}

export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
