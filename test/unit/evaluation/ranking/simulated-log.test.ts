import { describe, expect, it } from 'vitest'
import { rankingFeatures } from '../../../../evaluation/ranking/ranking-features.ts'
import { simulatedRanking, simulatedSignals } from '../../../../evaluation/ranking/simulated-log.ts'
import { Audience } from '../../../../simulator/audience.ts'
import { events } from '../../../../simulator/events.ts'
import { itemId, itemIndex, userId, userIndex } from '../../../../simulator/world.ts'
import { smallWorld } from '../../simulator/fixtures.ts'

const world = smallWorld({ sessionsPerWeek: 4 })
const { log, truth } = simulatedRanking(world)
const history = [...events(world)]
const width = simulatedSignals.length
const columnOf = (signal: (typeof simulatedSignals)[number]) => simulatedSignals.indexOf(signal)
const outcome = (row: number, signal: (typeof simulatedSignals)[number]) => log.outcomes[row * width + columnOf(signal)]

describe('a simulated log of impressions', () => {
  it('has every impression of the history once, at the position in which it was shown', () => {
    const shown = history.filter(({ type }) => type === 'impression')
    const positions = new Map<string, number>()
    const expected = shown.map(({ user, item, requestId }) => {
      const position = positions.get(requestId!) ?? 0
      positions.set(requestId!, position + 1)
      return `${user} ${item} ${position}`
    })
    const rows = Array.from(
      { length: log.rows },
      (_, row) => `${userId(log.users[row])} ${itemId(log.items[row])} ${log.positions![row]}`,
    )
    // The last feeds may end behind the history.
    expect(log.rows).toBeGreaterThan(4000)
    expect(rows.length - expected.length).toBeLessThanOrEqual(world.settings.slateSize)
    const known = new Set(rows)
    expect(expected.every(row => known.has(row))).toBe(true)
  })

  it('counts of each outcome what the history has', () => {
    const types = { click: 'click', finish: 'finish', positive: 'like', negative: 'dislike' } as const
    for (const signal of simulatedSignals) {
      const inLog = log.outcomes.reduce(
        (sum, value, index) => sum + (index % width === columnOf(signal) ? value : 0),
        0,
      )
      const inHistory = history.filter(({ type }) => type === types[signal]).length
      expect(inLog).toBeGreaterThanOrEqual(inHistory)
      expect(inLog - inHistory).toBeLessThanOrEqual(20)
    }
  })

  it('stands in order of time, with one time for all rows of a request', () => {
    for (let row = 1; row < log.rows; row++) {
      expect(log.times[row]).toBeGreaterThanOrEqual(log.times[row - 1])
      if (log.requests[row] === log.requests[row - 1]) {
        expect(log.times[row]).toBe(log.times[row - 1])
        expect(log.positions![row]).toBe(log.positions![row - 1] + 1)
      }
    }
    expect(log.times[log.rows - 1]).toBeLessThan(world.endsAt)
  })

  it('has outcomes that follow the truth, less often further down', () => {
    const audience = new Audience(world)
    let examined = 0
    const sums = simulatedSignals.map(() => ({ observed: 0, expected: 0, variance: 0, first: 0 }))
    for (let row = 0; row < log.rows; row++) {
      const seen = audience.truth.examination(log.users[row], log.positions![row])
      examined += seen / log.rows
      for (const [index, sum] of sums.entries()) {
        const probability = seen * truth[row * width + index]
        sum.observed += log.outcomes[row * width + index]
        sum.expected += probability
        sum.variance += probability * (1 - probability)
        sum.first += truth[row * width + index]
      }
    }
    expect(examined).toBeLessThan(0.8)
    for (const { observed, expected, variance, first } of sums) {
      expect(Math.abs(observed - expected)).toBeLessThan(4 * Math.sqrt(variance))
      expect(Math.abs(observed - first)).toBeGreaterThan(4 * Math.sqrt(variance))
    }
  })

  it('knows what a person opened before, which makes a title less attractive', () => {
    const audience = new Audience(world)
    const rowsOf = new Map<number, number>()
    const opened = new Set<string>()
    let again = 0
    for (let row = 0; row < log.rows; row++) {
      const [person, title] = [log.users[row], log.items[row]]
      const seen = (rowsOf.get(person) ?? 0) + 1
      rowsOf.set(person, seen)
      // People remember 256 titles.
      if (seen <= 256 && opened.has(`${person}/${title}`)) {
        again++
        const chance = (known: boolean) => audience.truth.outcomes(person, title, log.times[row], 0, known).click
        expect(truth[row * width]).toBeCloseTo(chance(true), 6)
        expect(chance(true)).toBeLessThan(chance(false))
      }
      if (outcome(row, 'click') === 1) opened.add(`${person}/${title}`)
    }
    expect(again).toBeGreaterThan(0)
  })

  it('gives finite features without the position, and does not tell a row its own outcome', () => {
    const { names, values } = rankingFeatures(log, 0)
    expect(names.filter(name => name.includes('position'))).toEqual([])
    expect(values.every(Number.isFinite)).toBe(true)
    const last = log.requests[log.rows - 1]
    const begin = log.requests.indexOf(last)
    const changed = log.outcomes.map((value, index) => (index < begin * width ? value : 1 - value))
    const other = rankingFeatures({ ...log, outcomes: changed }, 0)
    expect(other.values.subarray(begin * names.length)).toEqual(values.subarray(begin * names.length))
  })

  it('names the world`s people and titles', () => {
    const first = history.find(({ type }) => type === 'impression')!
    expect(log.users[0]).toBe(userIndex(world, first.user))
    expect(log.items[0]).toBe(itemIndex(world, first.item))
  })
})
