import type { CatalogState } from '../domain/catalog-state.ts'
import { exhaust } from '../funnel/exhaust.ts'
import { LiveModelSets } from '../funnel/live-model-sets.ts'
import { readModelSet } from '../funnel/model-set-files.ts'
import { loadArtefact } from '../models/artefact/artefact.ts'
import { ServedModelSet } from './served-features.ts'

/**
 * The model sets that served feeds were ranked with, filled as the journal goes by. A set is loaded just before the
 * first number that anything of it is read at, so that every version of an item that a feed read has its vectors.
 */
export class ReplayedModelSets {
  private readonly catalog: CatalogState
  private readonly live: LiveModelSets
  private readonly root: string
  private readonly schemaHash: string
  /** Latest first, so that the next one due is at the end. */
  private readonly due: (readonly [id: string, firstRead: number])[]
  private readonly loaded = new Map<string, ServedModelSet>()

  /** @param firstReads catalogue number by id, for the sets that will be asked for */
  constructor(
    catalog: CatalogState,
    rowsMax: number,
    root: string,
    schemaHash: string,
    firstReads: ReadonlyMap<string, number>,
  ) {
    this.catalog = catalog
    this.live = new LiveModelSets(catalog, rowsMax, () => {})
    this.root = root
    this.schemaHash = schemaHash
    this.due = [...firstReads].filter(([id]) => id !== '').sort((a, b) => b[1] - a[1])
  }

  /** Whether a set must be loaded before record `seq` is applied. */
  isDue(seq: number): boolean {
    return this.due.length > 0 && this.due[this.due.length - 1][1] < seq
  }

  async load(): Promise<void> {
    const [id] = this.due.pop()!
    try {
      const contents = await readModelSet(await loadArtefact(this.root, id, this.schemaHash))
      this.loaded.set(id, await ServedModelSet.open(exhaust(this.live.load(id, contents, this.schemaHash)).handles))
    } catch (error) {
      // Feeds of a set that is gone, damaged or of other features are skipped, which the report counts.
      if (!(error instanceof Error && /^(Artefact|Schema)/.test(error.name))) throw error
    }
  }

  /** Undefined when the set could not be loaded. */
  find(id: string): ServedModelSet | undefined {
    return this.loaded.get(id)
  }

  itemChanged(item: number, row: number): void {
    if (this.catalog.items.isDeleted(row)) this.live.clear(row)
    else this.live.admit(row, this.catalog.document(item)!)
  }

  clear(rows: readonly number[]): void {
    for (const row of rows) this.live.clear(row)
  }
}
