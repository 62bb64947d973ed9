import type { SettingProfiles } from '../config/load.ts'

/**
 * What the scales that people run at need, and can leave out. Each value can still be set by itself.
 */
export const profiles: SettingProfiles = {
  key: 'engine.profile',
  values: {
    starter: {
      'sources.collaborative.enabled': false,
      'sources.twoTower.enabled': false,
      'sources.sequence.enabled': false,
      'sources.content.budget': 300,
      'training.sequence.enabled': false,
      'training.ranker.members': 1,
      'training.ranker.experts': 1,
      'training.ranker.expertWidth': 16,
      'training.ranker.towerWidth': 16,
    },
    standard: {
      'sources.sequence.enabled': false,
      'training.sequence.enabled': false,
      'training.ranker.members': 1,
      'training.ranker.towerWidth': 32,
    },
    full: {},
    realtime: { 'continuous.enabled': true },
  },
}
