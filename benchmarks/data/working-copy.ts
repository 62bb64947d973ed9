import { cp, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { describeDirectory } from '../../storage/data-directory.ts'
import { resultsFolder } from '../report/result-file.ts'

/**
 * Runs `work` on a copy of a data directory, which is removed afterwards: a benchmark sends events, and a second run
 * should find what the first one found.
 *
 * @throws Error when there is no data, or a process that writes to it
 */
export async function onWorkingCopy<T>(dataDir: string, work: (copy: string) => Promise<T>): Promise<T> {
  const { exists, empty, holder } = await describeDirectory(dataDir)
  if (!exists || empty) throw new Error(`${dataDir} holds no data: import some first, or leave --data-dir out`)
  if (holder !== undefined) throw new Error(`process ${holder.pid} works on ${dataDir}: stop it first`)
  const copy = join(resultsFolder, `work-${process.pid}`)
  try {
    await cp(dataDir, copy, { recursive: true, filter: path => !/^lock|-lock$/.test(basename(path)) })
    return await work(copy)
  } finally {
    await rm(copy, { recursive: true, force: true })
  }
}
