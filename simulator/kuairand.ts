import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { Role } from '../domain/roles.ts'
import { type InteractionLog, InteractionLogBuilder } from './interaction-log.ts'

const columns = 'user_id, video_id, time_ms, is_click, long_view, is_like, is_hate'

/**
 * Reads `val.parquet` and `test.parquet` of KuaiRand-Pure: one row per impression. A long view counts as a finish, hate
 * as negative. Rejects with DuckDB's error when a file is missing.
 */
export async function readKuaiRand(directory: string): Promise<InteractionLog> {
  const log = new InteractionLogBuilder()
  const instance = await DuckDBInstance.create()
  const connection = await instance.connect()
  try {
    for (const file of ['val.parquet', 'test.parquet']) {
      const path = join(directory, file).replaceAll("'", "''")
      const reader = await connection.runAndReadAll(`SELECT ${columns} FROM read_parquet('${path}')`)
      for (const row of reader.getRows()) {
        const [user, item, time, click, finish, like, hate] = row.map(Number)
        const roles =
          Role.impression |
          (click && Role.click) |
          (finish && Role.finish) |
          (like && Role.positive) |
          (hate && Role.negative)
        log.add(user, item, time, roles)
      }
    }
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
  return log.build()
}
