import { readFile } from 'node:fs/promises'
import { Role } from '../domain/roles.ts'
import { type InteractionLog, InteractionLogBuilder } from './interaction-log.ts'

const positiveFrom = 4
const negativeTo = 2

/**
 * Reads `ratings.dat` (MovieLens 1M, fields apart by `::`) or `ratings.csv` (with a header). Every rating counts as a
 * click; 4 and more as positive, 2 and less as negative. Throws an Error that names the file and line it cannot read.
 */
export async function readMovieLens(path: string): Promise<InteractionLog> {
  const lines = (await readFile(path, 'latin1')).split('\n')
  const log = new InteractionLogBuilder()
  lines.forEach((line, index) => {
    if (line.trim() === '' || line.startsWith('userId')) return
    const [user, item, rating, seconds] = line.split(/::|,/).map(Number)
    if (![user, item, rating, seconds].every(Number.isFinite)) {
      throw new Error(`${path}, line ${index + 1}: expected user, movie, rating and seconds, got "${line}"`)
    }
    const opinion = rating >= positiveFrom ? Role.positive : rating <= negativeTo ? Role.negative : 0
    log.add(user, item, seconds * 1000, Role.click | opinion)
  })
  return log.build()
}
