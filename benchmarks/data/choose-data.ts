import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import type { ScenarioOptions } from '../scenario.ts'
import { type BenchmarkData, type PreparationStep, prepareData } from './prepare.ts'

/** A fifth as many people as titles, for so long that there are about ten events per title. */
const titlesPerPerson = 5
const simulatedDays = 15

const train: PreparationStep = { name: 'train', args: dataDir => ['--data-dir', dataDir, 'train', '--seed', '1'] }

/** @throws Error when there is nothing to measure on */
export async function chooseData({ dataDir, simulated }: ScenarioOptions): Promise<BenchmarkData> {
  if (dataDir !== undefined) {
    return { name: basename(resolve(dataDir)), path: resolve(dataDir), preparationSeconds: {} }
  }
  if (simulated !== undefined) return simulatedWorld(simulated)
  const folder = process.env.SLUICE_DATA
  if (folder === undefined) {
    throw new Error('nothing to measure on: give --data-dir or --simulated, or set SLUICE_DATA for MovieLens 1M')
  }
  return movieLens(folder)
}

function movieLens(folder: string): Promise<BenchmarkData> {
  const metadata = join(folder, 'movie-metadata', 'movies.csv')
  const importArgs = ['import', 'movielens', join(folder, 'ml-1m')]
  if (existsSync(metadata)) importArgs.push('--metadata', metadata)
  return prepareData('ml-1m', [{ name: 'import', args: dataDir => ['--data-dir', dataDir, ...importArgs] }, train])
}

async function simulatedWorld(titles: number): Promise<BenchmarkData> {
  const people = Math.ceil(titles / titlesPerPerson)
  const size = ['--titles', String(titles), '--people', String(people), '--days', String(simulatedDays)]
  const log = (folder: string) => join(folder, 'world.jsonl')
  const data = await prepareData(`simulated-${titles}`, [
    { name: 'simulate', args: (_, folder) => ['simulate', ...size, '--seed', '1', '--out', log(folder)] },
    { name: 'import', args: (dataDir, folder) => ['--data-dir', dataDir, 'import', 'jsonl', log(folder)] },
    train,
  ])
  await rm(log(join(data.path, '..')), { force: true })
  return data
}
