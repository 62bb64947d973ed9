import { describe, expect, it } from 'vitest'
import { featureCount, featureIndex, featureSchema, featureSchemaHash } from '../../../features/schema.ts'
import { userFeatureCount } from '../../../features/user-view.ts'
import { defaultSettings } from './fakes.ts'

describe('the feature schema', () => {
  it('names every feature once, with a description and a version', () => {
    expect(new Set(featureSchema.map(feature => feature.name)).size).toBe(featureCount)
    for (const { name, description, version } of featureSchema) {
      expect(name).toMatch(/^[a-z][a-zA-Z]+$/)
      expect(description.length).toBeGreaterThan(3)
      expect(version).toBeGreaterThanOrEqual(1)
    }
  })

  it('keeps groups together, those of the user alone first', () => {
    const groups = featureSchema.map(feature => feature.group)
    const runs = groups.filter((group, i) => group !== groups[i - 1])
    expect(runs).toEqual([
      'user long-term',
      'user short-term',
      'context',
      'item static',
      'item dynamic',
      'cross',
      'retrieval',
    ])
    expect(groups.lastIndexOf('context')).toBe(userFeatureCount - 1)
  })

  it('finds a feature by its name and refuses one that does not exist', () => {
    expect(featureSchema[featureIndex('rankLog')].name).toBe('rankLog')
    expect(() => featureIndex('rankLogg')).toThrow(RangeError)
  })

  it('has a hash that follows the settings that change a value, and no others', () => {
    const hash = featureSchemaHash(defaultSettings)
    expect(hash).toMatch(/^[0-9a-f]{16}$/)
    expect(featureSchemaHash({ ...defaultSettings, counterShortHalfLifeMs: 1e7 })).not.toBe(hash)
    expect(featureSchemaHash({ ...defaultSettings, sessionGapMs: 1e7 })).not.toBe(hash)
    expect(featureSchemaHash({ ...defaultSettings, seenLimit: 77, impressionsUntilSeen: 1 })).toBe(hash)
  })
  it('has a hash that follows what other components add to it, in whatever order', () => {
    const hash = featureSchemaHash(defaultSettings, {
      'counters.recentEngagements': 10,
      'sources.itemToItem.decayItems': 5,
    })
    const turned = featureSchemaHash(defaultSettings, {
      'sources.itemToItem.decayItems': 5,
      'counters.recentEngagements': 10,
    })
    const changed = featureSchemaHash(defaultSettings, {
      'counters.recentEngagements': 11,
      'sources.itemToItem.decayItems': 5,
    })
    expect(turned).toBe(hash)
    expect(changed).not.toBe(hash)
    expect(featureSchemaHash(defaultSettings)).not.toBe(hash)
  })
})
