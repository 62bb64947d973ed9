import type { BadRecords } from '../bad-record.ts'
import { badField, readTable, type TableRow, type TableSource } from '../table.ts'
import { readId } from './ratings.ts'

export interface MovieLensUser {
  readonly id: number
  readonly line: number
  readonly ageBand: string
  readonly labels: readonly string[]
}

export const userColumns = ['userId', 'gender', 'age', 'occupation', 'zip'] as const

/** What the codes in `users.dat` mean, from the README of MovieLens 1M. */
const ageBands: ReadonlyMap<string, string> = new Map([
  ['1', 'under 18'],
  ['18', '18-24'],
  ['25', '25-34'],
  ['35', '35-44'],
  ['45', '45-49'],
  ['50', '50-55'],
  ['56', '56+'],
])

/** Postcodes are left out: they would identify people, and say nothing about films. */
export async function readUsers(source: TableSource, bad: BadRecords): Promise<MovieLensUser[]> {
  const users: MovieLensUser[] = []
  await readTable(source, bad, row => users.push(readUser(row)))
  return users
}

function readUser(row: TableRow): MovieLensUser {
  const [, gender, age, occupation] = row.fields
  const ageBand = ageBands.get(age)
  if (ageBand === undefined) {
    const problem = `is no age code: ${JSON.stringify(age)}`
    throw badField(row, 2, problem, `The codes are ${[...ageBands.keys()].join(', ')}`)
  }
  return { id: readId(row, 0), line: row.line, ageBand, labels: [`gender:${gender}`, `occupation:${occupation}`] }
}
