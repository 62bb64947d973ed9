import { expect, it } from 'vitest'
import { loadSettings } from '../../../config/load.ts'
import { storageSettings } from '../../../storage/settings.ts'

it('storage settings keep the whole journal unless told otherwise, in segments of a size that can be dropped', () => {
  const settings = loadSettings([storageSettings], {}).of(storageSettings)
  expect(settings.retainedRecords).toBe(0)
  expect(settings).toMatchObject({ segmentRecords: 1_000_000, segmentBytes: 256 * 1024 * 1024 })
})
