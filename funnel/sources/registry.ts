import type { Source } from '../source.ts'

/**
 * Every source. The place of a source in this list is its bit in the provenance of a candidate, so a new one goes to the
 * end; at most 31. Each is imported where it is listed, so that a source is one file and one line here.
 */
export const sources: readonly Source[] = [
  (await import('./collaborative.ts')).collaborative,
  (await import('./content.ts')).content,
  (await import('./item-to-item.ts')).itemToItem,
  (await import('./trending.ts')).trending,
  (await import('./fresh.ts')).fresh,
  (await import('./popular.ts')).popular,
  (await import('./two-tower.ts')).twoTower,
  (await import('./sequence.ts')).sequence,
]
