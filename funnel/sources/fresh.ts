import Type from 'typebox'
import type { Source } from '../source.ts'
import { sourceSettings } from '../source-settings.ts'

export const freshSettings = sourceSettings(
  'fresh',
  'Items within their launch window, those most like the person’s profile first.',
  { budget: 40 },
  {
    launchWindowMs: Type.Integer({
      default: 30 * 86_400_000,
      minimum: 60_000,
      maximum: 3650 * 86_400_000,
      unit: 'ms',
      description: 'How long after its publication an item counts as new.',
    }),
    scanMax: Type.Integer({
      default: 2000,
      minimum: 1,
      maximum: 100_000,
      unit: 'items',
      description: 'Newest items per partition that are compared with the profile.',
    }),
  },
)

/** Gives new titles a way into the funnel before anybody has engaged with them. */
export const fresh: Source = {
  name: 'fresh',
  kind: 'partitioned',
  settings: freshSettings,
  propose(query, partition, out) {
    const { launchWindowMs, scanMax } = partition.settings.of(freshSettings)
    const newest = partition.newest(query, query.now - launchWindowMs, scanMax)
    for (let i = 0; i < newest.count; i++) if (!out.offer(newest.items[i], newest.scores[i])) return
  },
}
