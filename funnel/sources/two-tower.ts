import type { Source } from '../source.ts'
import { sourceSettings } from '../source-settings.ts'
import { offerNearest } from './nearest.ts'

/** Titles near the person in the space that both towers share; a title nobody has touched yet is in it at once. */
export const twoTower: Source = {
  name: 'two-tower',
  kind: 'partitioned',
  settings: sourceSettings('two-tower', 'Neighbours of the user tower among the vectors of the item tower.', {
    budget: 150,
  }),
  propose(query, partition, out) {
    offerNearest('twoTower', query.twoTowerQuery, query, partition, out)
  },
}
