import type { CatalogState } from '../../domain/catalog-state.ts'
import type { PublishedEpoch } from '../../funnel/counters-state.ts'
import { CountersState } from '../../funnel/counters-state.ts'
import { type LiveModelSet, LiveModelSets } from '../../funnel/live-model-sets.ts'
import type { ModelSetContents } from '../../funnel/model-set-files.ts'
import type { ModelSetHandles, ThreadTables } from '../../funnel/ports.ts'
import { testSettings } from './samples.ts'
import { testSchemaHash } from './tiny-model-set.ts'

/** The shared tables over a catalogue, with the given epoch or an empty one. */
export function tablesOf(catalog: CatalogState, version = 1, epoch: PublishedEpoch = emptyEpoch()): ThreadTables {
  return { version, items: catalog.table.handles(), ...epoch }
}

export function emptyEpoch(): PublishedEpoch {
  return new CountersState(testSettings()).latest
}

/** Model sets of a catalogue that remember which generations nobody uses any more. */
export function liveModels(catalog: CatalogState, rowsMax = 10_000): { models: LiveModelSets; unused: number[] } {
  const unused: number[] = []
  return { models: new LiveModelSets(catalog, rowsMax, generation => unused.push(generation)), unused }
}

/** Loads a set to its end, without a break. */
export function loadWhole(models: LiveModelSets, id: string, contents: ModelSetContents): LiveModelSet {
  const steps = models.load(id, contents, testSchemaHash)
  for (;;) {
    const { done, value } = steps.next()
    if (done === true) return value
  }
}

/** The handles as the shard of these items gets them. */
export function handlesFor({ handles }: LiveModelSet, owned: Iterable<number>): ModelSetHandles {
  return { ...handles, owned: Uint32Array.from(owned) }
}

export function exhaust(steps: Iterable<void>): void {
  for (const _ of steps);
}
