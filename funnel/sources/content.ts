import type { Source } from '../source.ts'
import { sourceSettings } from '../source-settings.ts'
import { offerNearest } from './nearest.ts'

/** Titles whose text and metadata resemble what the person engaged with; works for titles nobody has touched yet. */
export const content: Source = {
  name: 'content',
  kind: 'partitioned',
  settings: sourceSettings('content', 'Neighbours of the profile among text and metadata vectors.', { budget: 120 }),
  propose(query, partition, out) {
    offerNearest('content', query.contentQuery, query, partition, out)
  },
}
