import type { Source } from '../source.ts'
import { sourceSettings } from '../source-settings.ts'
import { offerNearest } from './nearest.ts'

/** What comes next: titles near what self-attention makes of the history (Kang & McAuley, ICDM 2018). */
export const sequence: Source = {
  name: 'sequence',
  kind: 'partitioned',
  settings: sourceSettings('sequence', 'Neighbours of the history as a sequence among item embeddings.', {
    budget: 200,
    weight: 1.5,
  }),
  propose(query, partition, out) {
    offerNearest('sequence', query.sequenceQuery, query, partition, out)
  },
}
