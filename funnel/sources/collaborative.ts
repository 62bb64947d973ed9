import type { Source } from '../source.ts'
import { sourceSettings } from '../source-settings.ts'
import { offerNearest } from './nearest.ts'

/** Titles near the person in the space of the factorised interaction matrix (iALS), the person folded in from history. */
export const collaborative: Source = {
  name: 'collaborative',
  kind: 'partitioned',
  settings: sourceSettings('collaborative', 'Neighbours of the person among item factors.', {
    budget: 200,
    weight: 1.5,
  }),
  propose(query, partition, out) {
    offerNearest('collaborative', query.collaborativeQuery, query, partition, out)
  },
}
