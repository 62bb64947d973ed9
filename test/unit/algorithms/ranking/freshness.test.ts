import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { applyFreshness, type FreshnessPolicy, freshnessBoost } from '../../../../algorithms/ranking/freshness.ts'

const policy: FreshnessPolicy = { mode: 'multiply', strength: 0.5, launchWindowMs: 100, halfLifeMs: 50 }

describe('the freshness boost', () => {
  it('is whole in the launch window and halves with every half-life after it', () => {
    expect([0, 100, 150, 200].map(age => freshnessBoost(age, policy))).toEqual([0.5, 0.5, 0.25, 0.125])
  })

  it('takes a future date as brand new and an unknown age as old', () => {
    expect(freshnessBoost(-1000, policy)).toBe(0.5)
    expect(freshnessBoost(Number.NaN, policy)).toBe(0)
    expect(freshnessBoost(Number.POSITIVE_INFINITY, policy)).toBe(0)
  })

  it('multiplies or adds', () => {
    const values = Float32Array.of(2, 2)
    applyFreshness(values, [0, 150], policy)
    expect([...values]).toEqual([3, 2.5])
    applyFreshness(values, [0, 150], { ...policy, mode: 'add' })
    expect([...values]).toEqual([3.5, 2.75])
  })

  it('never lowers a value, and a newer item never gains less than an older one of the same value', () => {
    const ages = fc.double({ min: 0, max: 2000, noNaN: true })
    const modes = fc.constantFrom<FreshnessPolicy['mode']>('multiply', 'add')
    fc.assert(
      fc.property(fc.float({ min: -10, max: 10, noNaN: true }), ages, ages, modes, (value, a, b, mode) => {
        const values = Float32Array.of(value, value)
        applyFreshness(values, [Math.min(a, b), Math.max(a, b)], { ...policy, mode })
        expect(values[0]).toBeGreaterThanOrEqual(values[1])
        expect(values[1]).toBeGreaterThanOrEqual(Math.fround(value))
      }),
    )
  })

  it('leaves a sunken value sunken', () => {
    const values = Float32Array.of(Number.NEGATIVE_INFINITY)
    applyFreshness(values, [0], policy)
    expect(values[0]).toBe(Number.NEGATIVE_INFINITY)
  })

  it('refuses settings out of range', () => {
    expect(() => applyFreshness(new Float32Array(1), [0], { ...policy, halfLifeMs: 0 })).toThrow(/halfLifeMs/)
  })
})
