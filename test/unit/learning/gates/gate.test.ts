import { describe, expect, it } from 'vitest'
import { createRandom } from '../../../../algorithms/statistics/random.ts'
import { loadSettings } from '../../../../config/load.ts'
import { type GateInput, judge } from '../../../../learning/gates/gate.ts'
import { gateSettings } from '../../../../learning/gates/settings.ts'

const queries = 400
const random = createRandom(5)
const base = Float64Array.from({ length: queries }, () => 0.3 + 0.4 * random.next())
const users = Uint32Array.from({ length: queries }, (_, query) => Math.floor(query / 4))
const shifted = (by: number) => base.map(value => value + by + 0.002 * (random.next() - 0.5))
const trained = { click: { trained: true }, finish: { trained: true }, negative: { trained: false } }

/** A tolerance of 0.005, unless another is set. */
function settingsWith(set: Record<string, string> = {}) {
  const commandLine = Object.fromEntries(
    Object.entries({ ndcgDropMax: '0.005', ...set }).map(([name, value]) => [`training.gates.${name}`, value]),
  )
  return loadSettings([gateSettings], { commandLine }).of(gateSettings)
}

const input = (fields: Partial<GateInput> = {}): GateInput => ({
  candidate: { metrics: { 'click.ece': 0.01, 'finish.ece': 0.02 }, objectives: trained, ndcg: base },
  incumbent: { id: 'old', objectives: trained, ndcg: base },
  users,
  settings: settingsWith(),
  seed: 1,
  ...fields,
})
const withNdcg = (ndcg: ArrayLike<number>) => input({ candidate: { ...input().candidate, ndcg } })

describe('the gate', () => {
  it('lets pass what orders as well as the set in use, and says against which it was compared', () => {
    expect(judge(input())).toMatchObject({ passed: true, against: 'old', reasons: [] })
    expect(judge(withNdcg(shifted(0.05))).passed).toBe(true)
  })

  it('lets a loss within the tolerance pass and stops a larger one, with the interval as the reason', () => {
    expect(judge(withNdcg(shifted(-0.004))).passed).toBe(true)
    const { passed, reasons, checks } = judge(withNdcg(shifted(-0.02)))
    expect(passed).toBe(false)
    expect(reasons).toEqual([
      expect.stringMatching(/nDCG against old is −0\.02\d\d \(−0\.02\d\d to −0\.0\d+\); .*−0\.0050/),
    ])
    expect(checks.find(({ name }) => name === 'ndcg.difference.lower')).toMatchObject({ passed: false, bound: -0.005 })
  })

  it('stops what may be worse because too few people were asked', () => {
    const few = (values: Float64Array) => values.slice(0, 12)
    const noisy = Float64Array.from(few(base), (value, i) => value + (i % 2 === 0 ? 0.3 : -0.3))
    const candidate = { ...input().candidate, ndcg: noisy }
    const incumbent = { id: 'old', objectives: trained, ndcg: few(base) }
    expect(judge(input({ candidate, incumbent, users: Uint32Array.from({ length: 12 }, (_, i) => i) })).passed).toBe(
      false,
    )
  })

  it('stops what cannot be compared for want of people', () => {
    const verdict = judge(input({ users: new Uint32Array(queries) }))
    expect(verdict.reasons).toEqual([expect.stringContaining('held-out queries of 1 people are too few')])
  })

  it('leaves queries without a value out of the comparison', () => {
    const gaps = (values: Float64Array) => values.map((value, query) => (query % 3 === 0 ? Number.NaN : value))
    const candidate = { ...input().candidate, ndcg: gaps(base) }
    expect(judge(input({ candidate, incumbent: { id: 'old', objectives: trained, ndcg: gaps(base) } })).passed).toBe(
      true,
    )
  })

  it('holds the first set, and one that cannot be asked the same, to the absolute bounds alone', () => {
    const bad = { ...input().candidate, ndcg: shifted(-0.2) }
    expect(judge(input({ candidate: bad, incumbent: null }))).toMatchObject({ passed: true, against: null })
    const other = { id: 'old', objectives: trained, ndcg: null }
    expect(judge(input({ candidate: bad, incumbent: other }))).toMatchObject({ passed: true, against: null })
    const loose = { ...bad, metrics: { 'click.ece': 0.3 } }
    expect(judge(input({ candidate: loose, incumbent: null })).passed).toBe(false)
  })

  it('stops a trained objective that is badly calibrated, not an untrained one', () => {
    const candidate = { ...input().candidate, metrics: { 'click.ece': 0.01, 'finish.ece': 0.2, 'negative.ece': 0.9 } }
    expect(judge(input({ candidate })).reasons).toEqual([
      'the calibration error of finish is 0.2000, at most 0.05 is allowed',
    ])
    expect(judge(input({ candidate, settings: settingsWith({ eceMax: '0.5' }) })).passed).toBe(true)
  })

  it('asks for coverage only when told to, and stops what was not measured', () => {
    const settings = settingsWith({ coverageMin: '0.3' })
    const covering = (coverage: number) => ({ ...input().candidate, metrics: { coverage } })
    expect(judge(input({ settings, candidate: covering(0.31) })).passed).toBe(true)
    expect(judge(input({ settings, candidate: covering(0.29) })).reasons[0]).toContain('is 0.2900, at least 0.3')
    expect(judge(input({ settings })).reasons[0]).toContain('was not measured')
  })

  it('stops a set that has lost an objective, unless that is allowed', () => {
    const candidate = { ...input().candidate, objectives: { click: { trained: true }, finish: { trained: false } } }
    expect(judge(input({ candidate })).reasons).toEqual([
      'the objective finish, which old has learned, was not learned',
    ])
    expect(judge(input({ candidate, settings: settingsWith({ keepObjectives: 'false' }) })).passed).toBe(true)
  })

  it('gives every reason, and the same verdict for the same measurements', () => {
    const candidate = { metrics: { 'click.ece': 0.4 }, objectives: { click: { trained: true } }, ndcg: shifted(-0.1) }
    const verdict = judge(input({ candidate }))
    expect(verdict.reasons).toHaveLength(3)
    expect(judge(input({ candidate }))).toEqual(verdict)
    expect(JSON.parse(JSON.stringify(verdict))).toEqual(verdict)
  })
})
