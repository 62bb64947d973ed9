import { existsSync } from 'node:fs'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { resultsFolder } from '../report/result-file.ts'
import { sluice } from './sluice.ts'

/** One command of the preparation, given the data directory that it fills. */
export interface PreparationStep {
  readonly name: string
  readonly args: (dataDir: string, folder: string) => readonly string[]
}

/** Data to measure on. */
export interface BenchmarkData {
  readonly name: string
  /** The data directory. */
  readonly path: string
  /** What it took to make it, by step; empty for a directory that was named by hand. */
  readonly preparationSeconds: Readonly<Record<string, number>>
}

/** Makes a data directory with the command `sluice`, once: the next run finds it under `benchmarks/results/data`. */
export async function prepareData(name: string, steps: readonly PreparationStep[]): Promise<BenchmarkData> {
  const folder = join(resultsFolder, 'data', name)
  const times = join(folder, 'preparation.json')
  if (!existsSync(times)) {
    const unfinished = `${folder}.unfinished`
    await rm(unfinished, { recursive: true, force: true })
    await rm(folder, { recursive: true, force: true })
    await mkdir(unfinished, { recursive: true })
    const seconds = await runSteps(steps, unfinished)
    await writeFile(join(unfinished, 'preparation.json'), JSON.stringify(seconds))
    await rename(unfinished, folder)
  }
  return { name, path: join(folder, 'data'), preparationSeconds: JSON.parse(await readFile(times, 'utf8')) }
}

async function runSteps(steps: readonly PreparationStep[], folder: string): Promise<Record<string, number>> {
  const seconds: Record<string, number> = {}
  for (const { name, args } of steps) {
    const startedAt = performance.now()
    await sluice(args(join(folder, 'data'), folder))
    seconds[name] = (performance.now() - startedAt) / 1000
  }
  return seconds
}
