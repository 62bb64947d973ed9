import { grown } from '../../../domain/grown.ts'
import type { BadRecords } from '../bad-record.ts'
import { badField, readTable, type TableRow, type TableSource } from '../table.ts'

/** Ratings as columns in the order of the file. */
export interface Ratings {
  readonly count: number
  readonly user: Float64Array
  readonly movie: Float64Array
  readonly value: Float32Array
  /** Seconds since 1970. */
  readonly seconds: Float64Array
  readonly line: Uint32Array
}

export const ratingColumns = ['userId', 'movieId', 'rating', 'timestamp'] as const

const ratingMax = 5
/** Year 2100. */
const secondsMax = 4_102_444_800

/**
 * Reads all ratings. A rating of a movie that `movies` does not name goes to `bad`, as do rows that cannot be read.
 * @param onLines told how many lines have been read since it was last told
 */
export async function readRatings(
  source: TableSource,
  movies: { has(id: number): boolean },
  bad: BadRecords,
  onLines: (count: number) => void,
): Promise<Ratings> {
  const builder = new RatingsBuilder()
  await readTable(source, bad, row => addRow(row, movies, builder), onLines)
  return builder.build()
}

/** @throws BadRecord */
function addRow(row: TableRow, movies: { has(id: number): boolean }, to: RatingsBuilder): void {
  const movie = readId(row, 1)
  if (!movies.has(movie)) {
    throw badField(row, 1, `no movie has the id ${movie}`, 'Add the movie to the file of movies, or drop its ratings')
  }
  const value = readNumber(row, 2, 'a rating', 0, ratingMax)
  to.add(readId(row, 0), movie, value, readNumber(row, 3, 'seconds since 1970', 0, secondsMax), row.line)
}

/** MovieLens numbers movies and users from 1. @throws BadRecord */
export function readId(row: TableRow, index: number): number {
  const text = row.fields[index]
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text)
  throw badField(row, index, `must be a whole number from 1, but is ${JSON.stringify(text)}`, 'Ids are numbers')
}

function readNumber(row: TableRow, index: number, what: string, low: number, high: number): number {
  const text = row.fields[index]
  const value = text === '' ? Number.NaN : Number(text)
  if (value >= low && value <= high) return value
  const problem = `must be ${what} from ${low} to ${high}, but is ${JSON.stringify(text)}`
  throw badField(row, index, problem, 'Is the file cut off, or are its columns in another order?')
}

/** Rows in order of time; of the same second, in the order of the file. */
export function inOrderOfTime({ count, seconds }: Ratings): Uint32Array {
  return Uint32Array.from({ length: count }, (_, row) => row).sort((a, b) => seconds[a] - seconds[b] || a - b)
}

class RatingsBuilder {
  private count = 0
  private user = new Float64Array(1 << 16)
  private movie = new Float64Array(1 << 16)
  private value = new Float32Array(1 << 16)
  private seconds = new Float64Array(1 << 16)
  private line = new Uint32Array(1 << 16)

  add(user: number, movie: number, value: number, seconds: number, line: number): void {
    if (this.count === this.user.length) this.grow()
    const row = this.count++
    this.user[row] = user
    this.movie[row] = movie
    this.value[row] = value
    this.seconds[row] = seconds
    this.line[row] = line
  }

  build(): Ratings {
    const { count, user, movie, value, seconds, line } = this
    return { count, user, movie, value, seconds, line }
  }

  private grow(): void {
    const length = this.count * 2
    this.user = grown(this.user, new Float64Array(length))
    this.movie = grown(this.movie, new Float64Array(length))
    this.value = grown(this.value, new Float32Array(length))
    this.seconds = grown(this.seconds, new Float64Array(length))
    this.line = grown(this.line, new Uint32Array(length))
  }
}
