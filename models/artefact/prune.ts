/** Model sets that nobody will go back to: training again and again would fill the disk. */
import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { listArtefacts, readPromoted } from './artefact.ts'
import type { Manifest } from './artefact-manifest.ts'
import { syncDirectory } from './durable-file.ts'
import { rollbackTarget } from './rollback.ts'

/**
 * Removes all but the newest sets, the one in use, and the one that a rollback would lead to. A set disappears in one
 * step, like it came.
 *
 * @param keep how many of the newest sets stay
 * @returns what was removed, oldest first
 */
export async function pruneArtefacts(root: string, keep: number): Promise<Manifest[]> {
  const sets = await listArtefacts(root)
  const promoted = await readPromoted(root)
  const target = await rollbackTarget(root).then(
    ({ to }) => to,
    () => null,
  )
  const removed = sets.slice(0, Math.max(0, sets.length - keep)).filter(({ id }) => id !== promoted && id !== target)
  for (const { id } of removed) {
    const leaving = join(root, `.${id}.tmp`)
    await rm(leaving, { recursive: true, force: true })
    await rename(join(root, id), leaving)
    await syncDirectory(root)
    await rm(leaving, { recursive: true, force: true })
  }
  return removed
}
