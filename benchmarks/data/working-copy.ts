import { cp, mkdir, readdir, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { describeDirectory } from '../../storage/data-directory.ts'
import { resultsFolder } from '../report/result-file.ts'

const copyPrefix = 'copy-for-'

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
  await removeAbandoned()
  const copy = join(resultsFolder, `${copyPrefix}${process.pid}`)
  try {
    await cp(dataDir, copy, { recursive: true, filter: path => !/^lock|-lock$/.test(basename(path)) })
    return await work(copy)
  } finally {
    await rm(copy, { recursive: true, force: true })
  }
}

/** Copies of runs that were interrupted. */
async function removeAbandoned(): Promise<void> {
  await mkdir(resultsFolder, { recursive: true })
  for (const name of await readdir(resultsFolder)) {
    if (!name.startsWith(copyPrefix) || isRunning(Number(name.slice(copyPrefix.length)))) continue
    await rm(join(resultsFolder, name), { recursive: true, force: true })
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
