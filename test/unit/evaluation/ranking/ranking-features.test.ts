import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readJsonlRankingLog } from '../../../../evaluation/ranking/jsonl-log.ts'
import { rankingFeatures } from '../../../../evaluation/ranking/ranking-features.ts'
import type { RankingLog } from '../../../../evaluation/ranking/ranking-log.ts'
import { asText, world } from './impressions.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-ranking-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

async function logOf(lines: readonly object[]): Promise<RankingLog> {
  const path = join(folder, 'log.jsonl')
  writeFileSync(path, asText(lines))
  return readJsonlRankingLog(path)
}

const minute = 60_000

/** What the features say of one row under one name. */
const at = (features: ReturnType<typeof rankingFeatures>, row: number, name: string) =>
  features.values[row * features.names.length + features.names.indexOf(name)]

describe('the features of an impression', () => {
  it('do not know its future: other outcomes from a row on leave all rows up to it as they were', async () => {
    const lines = world(600, 5)
    const cut = 400
    const changed = lines.map((line, row) =>
      row < cut ? line : { ...line, outcomes: { click: 1 - line.outcomes.click, finish: 0, hate: 1 } },
    )
    const [before, after] = [await logOf(lines), await logOf(changed)].map(log => rankingFeatures(log, 0))
    const known = (cut + 1) * before.names.length
    expect(after.values.subarray(0, known)).toEqual(before.values.subarray(0, known))
    // The change is seen behind the row, so the check above is able to fail.
    expect(after.values.subarray(known)).not.toEqual(before.values.subarray(known))
  })

  it('of one moment do not see each other', async () => {
    const line = { user: 'a', item: 'x', time: 1000, outcomes: { click: 1 } }
    const features = rankingFeatures(await logOf([line, line, { ...line, time: 1001 }]), 0)
    expect([0, 1, 2].map(row => at(features, row, 'item.count'))).toEqual([0, 0, expect.closeTo(Math.log(3), 6)])
  })

  it('hold observed over expected outcomes, smoothed by twenty impressions', async () => {
    const lines = [1, 0, 1].map((click, row) => ({ user: `u${row}`, item: 'x', time: row, outcomes: { click } }))
    const features = rankingFeatures(
      await logOf([...lines, { user: 'v', item: 'x', time: 9, outcomes: { click: 0 } }]),
      0,
    )
    // Before each row the overall probability was (1 + 10·0)/(2 + …): 1/2, 2/3, 2/4, shrunk with 20 impressions of itself.
    const typical = [1 / 2, 2 / 3, 2 / 4, 3 / 5]
    const positive = [0, 1, 1]
    const expected = positive.map((count, row) => (count + 20 * typical[row]) / (row + 20)).reduce((a, b) => a + b, 0)
    const prior = 20 * typical[3]
    expect(at(features, 3, 'item.click')).toBeCloseTo(Math.log((2 + prior) / (expected + prior)), 5)
  })

  it('learn of a person`s own outcomes after the delay only, of other people`s at once', async () => {
    const lines = [0, 1, 2].map(row => ({ user: 'a', item: 'x', time: row * minute, outcomes: { click: 1 } }))
    const features = rankingFeatures(await logOf(lines), 1.5 * minute)
    expect([0, 1, 2].map(row => at(features, row, 'user.count'))).toEqual([0, 0, expect.closeTo(Math.log(2), 6)])
    expect([0, 1, 2].map(row => at(features, row, 'item.count'))).toEqual([
      0,
      expect.closeTo(Math.log(2), 6),
      expect.closeTo(Math.log(3), 6),
    ])
  })

  it('take in earlier impressions after the time at which they were known', async () => {
    const log = await logOf([1000, 2000, 3000].map(time => ({ user: 'a', item: 'x', time, outcomes: { click: 0 } })))
    const earlier = [{ time: 2000, user: 0, items: Int32Array.of(0, 0), outcomes: Float32Array.of(1, Number.NaN) }]
    const features = rankingFeatures({ ...log, earlier }, 1e9)
    expect([0, 1, 2].map(row => at(features, row, 'user.count'))).toEqual([0, 0, expect.closeTo(Math.log(3), 6)])
  })
})
