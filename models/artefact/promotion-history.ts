/** Which sets were promoted before the present one, oldest first: a stack that a rollback takes from. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { historyName } from './artefact-manifest.ts'
import { replaceFile } from './durable-file.ts'

/** Older promotions are forgotten. */
const lengthMax = 100

/** Ids, oldest first. What cannot be read counts as no history: a rollback then goes to the parent. */
export async function readHistory(root: string): Promise<string[]> {
  try {
    const parsed: unknown = JSON.parse(await readFile(join(root, historyName), 'utf8'))
    return Array.isArray(parsed) ? parsed.filter(id => typeof id === 'string') : []
  } catch {
    return []
  }
}

export async function writeHistory(root: string, ids: readonly string[]): Promise<void> {
  const text = `${JSON.stringify(ids.slice(-lengthMax))}\n`
  await replaceFile(join(root, historyName), [new TextEncoder().encode(text)])
}
