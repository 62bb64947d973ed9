import { describe, expect, it } from 'vitest'
import { ExactIndex } from '../../../algorithms/retrieval/exact-index.ts'
import { spaceNames } from '../../../features/vector-spaces.ts'
import { spaceMetric } from '../../../funnel/ports.ts'
import { createSpaceIndex } from '../../../funnel/space-index.ts'

const size = { dimension: 4, capacity: 2000, ordinaryNorm: 1 }
const shape = { linksPerPoint: 8, buildWidth: 50, searchWidthFactor: 2 }

describe('the index of a space', () => {
  it('compares all of a small partition, by the measure of the space', () => {
    for (const space of spaceNames) {
      const index = createSpaceIndex(space, size, { ...shape, exactItemsMax: 2000 })
      expect(index).toBeInstanceOf(ExactIndex)
      expect(index.metric).toBe(spaceMetric[space])
    }
  })

  it('keeps a graph of a larger one, by the same measure', () => {
    for (const space of spaceNames) {
      const index = createSpaceIndex(space, size, { ...shape, exactItemsMax: 1999 })
      expect(index).not.toBeInstanceOf(ExactIndex)
      expect(index.metric).toBe(spaceMetric[space])
    }
  })
})
