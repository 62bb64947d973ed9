import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { BadInput, BadLine } from './bad-line.ts'
import { type InteractionLog, InteractionLogBuilder } from './interaction-log.ts'
import { forEachLine, newHash, type TextLine } from './text-file.ts'

const columnNames = ['userId', 'movieId', 'rating', 'timestamp'] as const

/** Reads `ratings.csv` (UTF-8, the first line names the columns) or `ratings.dat` (latin-1, `::`), or their folder. */
export async function readMovieLens(path: string): Promise<InteractionLog> {
  const file = ratingsFile(path)
  const isDat = file.endsWith('.dat')
  const builder = new InteractionLogBuilder({ time: true, rating: true })
  const hash = newHash()
  let places: readonly number[] | undefined = isDat ? [0, 1, 2, 3] : undefined
  let width: number = columnNames.length
  await forEachLine(file, isDat ? 'latin1' : 'utf8', hash, line => {
    const fields = line.text.split(isDat ? '::' : ',')
    if (places === undefined) {
      places = headerPlaces(fields, line)
      width = fields.length
      return
    }
    if (fields.length !== width) {
      const form = isDat ? columnNames.join('::') : 'one field per column of the header, without quotes'
      throw bad(line, `has ${fields.length} fields, but needs ${width}`, `A line is ${form}`)
    }
    const [user, movie, rating, seconds] = places.map(place => fields[place])
    if (user === '' || movie === '') throw bad(line, 'a user or movie id is empty', 'Give every rating both ids')
    builder.add(user, movie, numberOf(seconds, 'timestamp', line) * 1000, numberOf(rating, 'rating', line))
  })
  return builder.build(hash.digest('hex'))
}

function ratingsFile(path: string): string {
  if (!existsSync(path)) throw new BadInput(`${path} does not exist`, 'Name a folder or file of MovieLens ratings')
  if (!statSync(path).isDirectory()) return path
  const found = ['ratings.dat', 'ratings.csv'].map(name => join(path, name)).find(existsSync)
  if (found !== undefined) return found
  throw new BadInput(`${path} holds neither ratings.dat nor ratings.csv`, 'Name the folder of a MovieLens data set')
}

function headerPlaces(names: readonly string[], line: TextLine): number[] {
  return columnNames.map(name => {
    const place = names.indexOf(name)
    if (place >= 0) return place
    throw bad(line, `the header names no column ${name}`, `The first line must name ${columnNames.join(', ')}`)
  })
}

function numberOf(text: string, field: string, line: TextLine): number {
  const value = text.trim() === '' ? Number.NaN : Number(text)
  if (Number.isFinite(value)) return value
  throw bad(line, `${field} must be a number, but is ${JSON.stringify(text)}`, 'Correct the line or remove it')
}

function bad({ file, number }: TextLine, problem: string, hint: string): BadLine {
  return new BadLine(file, number, problem, hint)
}
