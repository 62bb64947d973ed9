import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  calibrationTable,
  describeKuaiRand,
  describeMovieLens,
  describeWorld,
  type LogProfile,
} from '../../../simulator/calibration.ts'
import { simulatorSettings } from '../../../simulator/settings.ts'
import { createWorld } from '../../../simulator/world.ts'

const data = process.env.SLUICE_DATA
const simulated = describeWorld(createWorld(simulatorSettings()))

const within = (value: number, low: number, high: number) => {
  expect(value).toBeGreaterThanOrEqual(low)
  expect(value).toBeLessThanOrEqual(high)
}

describe('the default world', () => {
  it('is about as large as the demo needs', () => {
    within(simulated.shown!.items.events, 80_000, 140_000)
    within(simulated.opened.items.events, 28_000, 50_000)
  })

  it('has the skew of real logs in titles and people', () => {
    within(simulated.opened.items.gini, 0.52, 0.75)
    within(simulated.opened.items.shareTop1Percent, 0.07, 0.2)
    within(simulated.opened.items.shareTop10Percent, 0.38, 0.65)
    within(simulated.opened.people.gini, 0.43, 0.62)
    within(simulated.opened.people.shareTop1Percent, 0.05, 0.13)
    within(simulated.opened.people.shareTop10Percent, 0.3, 0.48)
  })

  it('has sessions, repeats and rates between those of real logs', () => {
    within(simulated.opened.sessions.mean, 1.1, 15)
    within(simulated.shown!.repeats.eventShare, 0, 0.08)
    within(simulated.clickPerImpression, 0.3, 0.45)
    within(simulated.finishPerClick, 0.6, 0.8)
    within(simulated.positivePerClick, 0.04, 0.5)
    within(simulated.negativePerClick, 0.002, 0.15)
  })
})

describe('the calibration table', () => {
  const rows = calibrationTable([
    simulated,
    { ...simulated, name: 'ratings', shown: undefined, finishPerClick: Number.NaN },
  ])

  it('has a header and one cell per profile in every row', () => {
    expect(rows[0]).toEqual(['statistic', 'simulated', 'ratings'])
    for (const row of rows) expect(row).toHaveLength(3)
  })

  it('shows a dash where a log cannot tell', () => {
    expect(rows.find(row => row[0] === 'shown: Gini of titles')![2]).toBe('-')
    expect(rows.find(row => row[0] === 'finishes per click')![2]).toBe('-')
    expect(rows.find(row => row[0] === 'opened: Gini of titles')![2]).toMatch(/^0\.\d{3}$/)
  })
})

describe('reading ratings', () => {
  it('names the line that cannot be read', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'sluice-'))
    const path = join(directory, 'ratings.dat')
    await writeFile(path, '1::10::4::978300760\n1::eleven::4::978300761\n')
    await expect(describeMovieLens(path)).rejects.toThrow(/line 2/)
    await rm(directory, { recursive: true })
  })
})

describe.skipIf(!data)('against MovieLens and KuaiRand (needs SLUICE_DATA)', () => {
  const real: Record<string, LogProfile> = {}
  beforeAll(async () => {
    real.ratings = await describeMovieLens(join(data!, 'ml-1m/ratings.dat'))
    real.fewRatings = await describeMovieLens(join(data!, 'ml-latest-small/ratings.csv'))
    real.videos = await describeKuaiRand(join(data!, 'kuairand-pure'))
  })

  it('knows the shape of the real logs', () => {
    const { ratings, fewRatings, videos } = real
    expect(ratings.opened.items.events).toBe(1_000_209)
    expect(ratings.opened.people.items).toBe(6_040)
    expect(ratings.opened.items.gini).toBeCloseTo(0.634, 3)
    expect(fewRatings.opened.items.gini).toBeCloseTo(0.716, 3)
    expect(fewRatings.opened.repeats.eventShare).toBe(0)
    expect(fewRatings.shown).toBeUndefined()
    expect(videos.shown!.items.events).toBe(228_329)
    expect(videos.clickPerImpression).toBeCloseTo(0.4419, 4)
    expect(videos.finishPerImpression).toBeCloseTo(0.3108, 4)
    expect(videos.shown!.items.gini).toBeCloseTo(0.73, 2)
  })

  it('finds the simulated skew between the real ones, or less than a tenth beyond', () => {
    const statistics: ((profile: LogProfile) => number)[] = [
      profile => profile.opened.items.gini,
      profile => profile.opened.items.shareTop1Percent,
      profile => profile.opened.items.shareTop10Percent,
      profile => profile.opened.people.gini,
      profile => profile.opened.people.shareTop1Percent,
      profile => profile.opened.people.shareTop10Percent,
    ]
    for (const statistic of statistics) {
      const values = Object.values(real).map(statistic)
      within(statistic(simulated), Math.min(...values) - 0.1, Math.max(...values) + 0.1)
    }
  })
})
