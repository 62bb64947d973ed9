import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Results, and the data that benchmarks prepare for themselves; not kept under version control. */
export const resultsFolder = fileURLToPath(new URL('../results', import.meta.url))

/** @returns the path of `<scenario>-<UTC time>.json` */
export async function writeResult(scenario: string, startedAt: Date, result: object): Promise<string> {
  await mkdir(resultsFolder, { recursive: true })
  const time = startedAt.toISOString().slice(0, 19).replaceAll(':', '')
  const path = join(resultsFolder, `${scenario}-${time}Z.json`)
  await writeFile(path, `${JSON.stringify(result, null, 2)}\n`)
  return path
}
