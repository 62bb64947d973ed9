import { access } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Progress } from '../../../telemetry/progress.ts'
import { CommandError, exitCodes } from '../../exit.ts'
import type { BadRecords, Place } from '../bad-record.ts'
import type { Importer } from '../importer.ts'
import type { RecordReaders } from '../readers.ts'
import type { TableSource } from '../table.ts'
import { type Movie, type MovieMetadata, movieColumns, readMetadata, readMovies } from './movies.ts'
import { inOrderOfTime, type Ratings, ratingColumns, readRatings } from './ratings.ts'
import { readUsers, userColumns } from './users.ts'

/** A folder with MovieLens data: 1M with its `.dat` files, or a later one with `.csv` files. */
export interface MovieLensFolder {
  /** Begins the ids of its events. */
  readonly name: 'ml-1m' | 'ml-latest'
  readonly movies: TableSource
  readonly ratings: TableSource
  /** Later ones say nothing about their users. */
  readonly users: TableSource | null
}

/** Everything that one import brings, read and checked before anything is put. */
export interface MovieLensData {
  readonly folder: MovieLensFolder
  readonly movies: ReadonlyMap<number, Movie>
  readonly metadata: ReadonlyMap<number, MovieMetadata>
  readonly users: Awaited<ReturnType<typeof readUsers>>
  readonly ratings: Ratings
}

/** @throws CommandError when the folder holds neither kind of MovieLens */
export async function findMovieLens(path: string): Promise<MovieLensFolder> {
  const holds = (name: string) =>
    access(join(path, name)).then(
      () => true,
      () => false,
    )
  const source = (file: string, columns: readonly string[]): TableSource => ({
    path: join(path, file),
    format: file.endsWith('.dat') ? 'dat' : 'csv',
    columns,
  })
  if ((await holds('ratings.dat')) && (await holds('movies.dat'))) {
    return {
      name: 'ml-1m',
      movies: source('movies.dat', movieColumns),
      ratings: source('ratings.dat', ratingColumns),
      users: (await holds('users.dat')) ? source('users.dat', userColumns) : null,
    }
  }
  if ((await holds('ratings.csv')) && (await holds('movies.csv'))) {
    return {
      name: 'ml-latest',
      movies: source('movies.csv', movieColumns),
      ratings: source('ratings.csv', ratingColumns),
      users: null,
    }
  }
  const hint =
    'Name a folder with movies.dat and ratings.dat (MovieLens 1M), or with movies.csv and ratings.csv (later)'
  throw new CommandError('no_movielens', `there is no MovieLens data in ${path}`, hint, { exitCode: exitCodes.usage })
}

/** @param metadataPath a CSV file with the columns of `readMetadata`. @throws BadRecord */
export async function readMovieLens(
  folder: MovieLensFolder,
  metadataPath: string | undefined,
  bad: BadRecords,
  progress: Progress,
): Promise<MovieLensData> {
  const movies = await readMovies(folder.movies, bad)
  const metadata = metadataPath === undefined ? new Map() : await readMetadata(metadataPath, bad)
  const users = folder.users === null ? [] : await readUsers(folder.users, bad)
  progress.step('Reading ratings')
  const ratings = await readRatings(folder.ratings, movies, bad, count => progress.advance(count))
  return { folder, movies, metadata, users, ratings }
}

export interface MovieLensParts {
  readonly importer: Importer
  readonly readers: RecordReaders
  readonly bad: BadRecords
  readonly progress: Progress
  readonly signal: AbortSignal
}

/** Movies, then users, then ratings in order of time. Returns early when `signal` aborts. @throws BadRecord */
export async function importMovieLens(data: MovieLensData, parts: MovieLensParts): Promise<void> {
  const { importer, progress } = parts
  progress.step('Importing movies', data.movies.size)
  await importMovies(data, parts)
  await importer.finish()
  progress.step('Importing users', data.users.length)
  await importUsers(data, parts)
  await importer.finish()
  progress.step('Importing ratings', data.ratings.count)
  await importRatings(data, parts)
}

async function importMovies({ folder, movies, metadata, ratings }: MovieLensData, parts: MovieLensParts) {
  const { importer, readers, bad, signal } = parts
  const file = basename(folder.movies.path)
  const firstRatedAt = firstRatings(ratings)
  for (const movie of movies.values()) {
    if (signal.aborted) return
    const place = { file, line: movie.line }
    const body = itemBody(movie, metadata.get(movie.id), firstRatedAt.get(movie.id))
    const value = bad.attempt(() => readers.item(body, place))
    if (value !== undefined) await importer.add({ kind: 'item', value }, place)
  }
}

/** What is known about a movie, as the body that the HTTP door would take. */
export function itemBody(movie: Movie, metadata: MovieMetadata | undefined, firstRatedAt: number | undefined) {
  const { id, title, year, genres } = movie
  const releasedAt = metadata?.releasedAt ?? (year === undefined ? undefined : Date.UTC(year, 0, 1))
  return {
    id: String(id),
    title,
    ...(metadata !== undefined && metadata.overview !== '' && { text: metadata.overview }),
    categories: genres,
    creators: metadata?.creators ?? [],
    // A film that people have rated was there, whatever the metadata says.
    ...(releasedAt !== undefined && { publishedAt: Math.min(releasedAt, firstRatedAt ?? releasedAt) }),
  }
}

/** Epoch milliseconds of the first rating of each movie. */
function firstRatings({ count, movie, seconds }: Ratings): Map<number, number> {
  const first = new Map<number, number>()
  for (let row = 0; row < count; row++) {
    const time = seconds[row] * 1000
    const before = first.get(movie[row])
    if (before === undefined || time < before) first.set(movie[row], time)
  }
  return first
}

async function importUsers({ folder, users }: MovieLensData, { importer, readers, bad, signal }: MovieLensParts) {
  if (folder.users === null) return
  const file = basename(folder.users.path)
  for (const { id, line, ageBand, labels } of users) {
    if (signal.aborted) return
    const place: Place = { file, line }
    const value = bad.attempt(() => readers.user({ id: String(id), ageBand, labels }, place))
    if (value !== undefined) await importer.add({ kind: 'user', value }, place)
  }
}

async function importRatings({ folder, ratings }: MovieLensData, { importer, readers, bad, signal }: MovieLensParts) {
  const file = basename(folder.ratings.path)
  for (const row of inOrderOfTime(ratings)) {
    if (signal.aborted) return
    const place: Place = { file, line: ratings.line[row] }
    const body = ratingBody(folder.name, ratings, row)
    const record = bad.attempt(() => readers.event(body, place, () => body.eventId, body.time))
    const full = record === undefined ? undefined : importer.add(record, place)
    if (full !== undefined) await full
  }
}

export function ratingBody(name: string, { user, movie, value, seconds }: Ratings, row: number) {
  return {
    eventId: `${name}:${user[row]}:${movie[row]}:${seconds[row]}`,
    type: 'rating',
    user: String(user[row]),
    item: String(movie[row]),
    value: value[row],
    time: seconds[row] * 1000,
  }
}
