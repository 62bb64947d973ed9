/**
 * What every arm was worth on every query of one run, as a file: columns in JSON, so that a later run, of this version
 * or another, can be compared with it query by query.
 */
import { readFile, writeFile } from 'node:fs/promises'
import type { QueryKind } from './query-plan.ts'

/** Per query; recall only of arms that go deep enough. */
export interface SavedArm {
  readonly ndcgAt10: readonly number[]
  readonly recallAt100?: readonly number[]
  readonly recallAt500?: readonly number[]
}

export type SavedMetric = keyof SavedArm
export const savedMetrics: readonly SavedMetric[] = ['ndcgAt10', 'recallAt100', 'recallAt500']

export interface SavedQueries {
  readonly format: typeof format
  /** Id of the model set that was asked. */
  readonly model: string
  readonly seed: number
  /** One entry per query in each column. Kind, person and time (epoch ms) together name a query in every run. */
  readonly queries: {
    readonly kind: readonly QueryKind[]
    readonly user: readonly string[]
    readonly time: readonly number[]
    /** How many items were relevant. */
    readonly relevant: readonly number[]
  }
  readonly arms: Readonly<Record<string, SavedArm>>
}

const format = 'sluice-funnel-queries/1'

/** The file holds something else. */
export class SavedQueriesUnreadable extends Error {
  override readonly name = 'SavedQueriesUnreadable'
}

export function savedQueries(
  model: string,
  seed: number,
  { queries, arms }: Pick<SavedQueries, 'queries' | 'arms'>,
): SavedQueries {
  return { format, model, seed, queries, arms }
}

/** Six decimals are kept of each number: far below what any difference is good to. */
export async function writeSavedQueries(path: string, saved: SavedQueries): Promise<void> {
  const short = (_: string, value: unknown) => (typeof value === 'number' ? Number(value.toFixed(6)) : value)
  await writeFile(path, `${JSON.stringify(saved, short)}\n`)
}

/** @throws SavedQueriesUnreadable; what reading a file throws */
export async function readSavedQueries(path: string): Promise<SavedQueries> {
  const text = await readFile(path, 'utf8')
  let saved: Partial<SavedQueries> | null = null
  try {
    saved = JSON.parse(text)
  } catch {
    // Said below like everything else that the file may hold instead.
  }
  if (saved?.format !== format) throw new SavedQueriesUnreadable(`${path} holds no queries that --save-queries wrote`)
  return saved as SavedQueries
}

/** The columns of one arm behind each other. */
export function joinArms(parts: readonly SavedArm[]): SavedArm {
  const join = (metric: SavedMetric) => parts.flatMap(part => part[metric] ?? [])
  const joined = { ndcgAt10: join('ndcgAt10') }
  if (parts.some(({ recallAt100 }) => recallAt100 === undefined)) return joined
  return { ...joined, recallAt100: join('recallAt100'), recallAt500: join('recallAt500') }
}
