import { parseRfc3339 } from '../../../gateway/validation/time.ts'
import type { BadRecords } from '../bad-record.ts'
import { badField, readTable, type TableRow, type TableSource } from '../table.ts'
import { readId } from './ratings.ts'
import { splitGenres, splitNames, splitTitle } from './titles.ts'

/** A movie as the file of movies has it. */
export interface Movie {
  readonly id: number
  readonly line: number
  readonly title: string
  readonly year?: number
  readonly genres: readonly string[]
}

/**
 * What the file of metadata adds. Ratings, counts, popularity and tags in it come from after the ratings were given,
 * and are left alone.
 */
export interface MovieMetadata {
  readonly overview: string
  /** Directors before the cast. */
  readonly creators: readonly string[]
  /** Epoch milliseconds. */
  readonly releasedAt?: number
}

export const movieColumns = ['movieId', 'title', 'genres'] as const
export const metadataColumns = ['movie_id', 'overview', 'director', 'cast_top3', 'release_date'] as const

/** Movies by id, in the order of the file; of an id that comes twice, the last. */
export async function readMovies(source: TableSource, bad: BadRecords): Promise<Map<number, Movie>> {
  return readById(source, bad, row => {
    const [, title, genres] = row.fields
    return { id: readId(row, 0), line: row.line, ...splitTitle(title), genres: splitGenres(genres) }
  })
}

export async function readMetadata(path: string, bad: BadRecords): Promise<Map<number, MovieMetadata>> {
  return readById({ path, format: 'csv', columns: metadataColumns }, bad, row => {
    const [, overview, directors, cast] = row.fields
    const creators = [...new Set([...splitNames(directors), ...splitNames(cast)])]
    return { id: readId(row, 0), overview: overview.trim(), creators, releasedAt: readDate(row, 4) }
  })
}

function readDate(row: TableRow, index: number): number | undefined {
  const text = row.fields[index]
  if (text === '') return undefined
  const time = parseRfc3339(`${text}T00:00:00Z`)
  if (!Number.isNaN(time)) return time
  throw badField(row, index, `is not a date: ${JSON.stringify(text)}`, 'Write dates like 1995-11-22, or leave them out')
}

async function readById<T extends { readonly id: number }>(
  source: TableSource,
  bad: BadRecords,
  read: (row: TableRow) => T,
): Promise<Map<number, T>> {
  const byId = new Map<number, T>()
  await readTable(source, bad, row => {
    const value = read(row)
    byId.set(value.id, value)
  })
  return byId
}
