/** Going back to the set that was promoted before. */
import { pointTo, readManifest, readPromoted } from './artefact.ts'
import { NothingToRollBack } from './artefact-manifest.ts'
import { readHistory, writeHistory } from './promotion-history.ts'

export interface RollbackTarget {
  readonly from: string
  readonly to: string
  /** Promotions before `to`. */
  readonly history: readonly string[]
}

/**
 * Where a rollback leads: to the set promoted last before the present one that is still there, else to its parent.
 * @throws NothingToRollBack
 */
export async function rollbackTarget(root: string): Promise<RollbackTarget> {
  const from = await readPromoted(root)
  if (from === null) throw new NothingToRollBack(null)
  const history = await readHistory(root)
  for (let last = history.length - 1; last >= 0; last--) {
    const to = history[last]
    if (to !== from && (await isThere(root, to))) return { from, to, history: history.slice(0, last) }
  }
  const parent = await readManifest(root, from).then(
    manifest => manifest.parent,
    () => null,
  )
  if (parent === null || parent === from || !(await isThere(root, parent))) throw new NothingToRollBack(from)
  return { from, to: parent, history: [] }
}

/** Points `promoted` at the target; a further rollback goes further back. */
export async function rollBack(root: string, { to, history }: RollbackTarget): Promise<void> {
  await pointTo(root, to)
  await writeHistory(root, history)
}

async function isThere(root: string, id: string): Promise<boolean> {
  return readManifest(root, id).then(
    () => true,
    () => false,
  )
}
