import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ValueModel, type ValueModelInput } from '../../../../algorithms/ranking/value-model.ts'

/** Columns: click, finish, positive, negative. */
const settings: ValueModelInput = {
  weights: [1, 2, 4, -8],
  trained: [1, 1, 1, 1],
  conditionalOnClick: [0, 1, 1, 1],
  clickColumn: 0,
}

const unit = fc.float({ min: 0, max: 1, noNaN: true })

describe('the value model', () => {
  it('multiplies conditional heads by the click and sums what they are worth', () => {
    const probabilities = Float32Array.of(0.5, 0.5, 0.25, 0.125, 1, 0, 0, 1)
    const values = new Float32Array(2)
    new ValueModel(settings).apply(probabilities, values)
    expect([...probabilities]).toEqual([0.5, 0.25, 0.125, 0.0625, 1, 0, 0, 1])
    expect([...values]).toEqual([0.5 + 0.5 + 0.5 - 0.5, 1 - 8])
  })

  it('leaves a head alone that is unconditional already', () => {
    const probabilities = Float32Array.of(0.5, 0.5, 0.5, 0.5)
    const values = new Float32Array(1)
    new ValueModel({ ...settings, conditionalOnClick: [0, 0, 0, 0] }).apply(probabilities, values)
    expect([...probabilities]).toEqual([0.5, 0.5, 0.5, 0.5])
    expect(values[0]).toBe(-0.5)
  })

  it('shows no probability for an untrained objective and gives it no weight', () => {
    const probabilities = Float32Array.of(0.5, 0.5, 0.9, 0.5)
    const values = new Float32Array(1)
    new ValueModel({ ...settings, trained: [1, 1, 0, 1] }).apply(probabilities, values)
    expect(probabilities[2]).toBeNaN()
    expect(values[0]).toBe(0.5 + 0.5 - 2)
  })

  it('takes conditional heads as they are when the click is untrained', () => {
    const probabilities = Float32Array.of(Number.NaN, 0.5, 0.25, 0)
    const values = new Float32Array(1)
    new ValueModel({ ...settings, trained: [0, 1, 1, 1] }).apply(probabilities, values)
    expect(values[0]).toBe(2)
  })

  it('sinks a row with a broken weighted objective, and not one whose broken objective weighs nothing', () => {
    const nan = Number.NaN
    const probabilities = Float32Array.of(0.5, nan, 0, 0, nan, 0.5, 0, 0, 0.5, 0.5, 0.5, nan)
    const values = new Float32Array(3)
    new ValueModel({ ...settings, weights: [1, 2, 4, 0] }).apply(probabilities, values)
    expect([...values]).toEqual([Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY, 0.5 + 0.5 + 1])
  })

  it('never ranks a row lower for more of a good objective or less of a bad one', () => {
    fc.assert(
      fc.property(fc.tuple(unit, unit, unit, unit), fc.constantFrom(1, 2, 3), unit, (row, column, other) => {
        const better = [...row]
        better[column] = column === 3 ? Math.min(row[3], other) : Math.max(row[column], other)
        const values = new Float32Array(2)
        new ValueModel(settings).apply(Float32Array.from([...row, ...better]), values)
        expect(values[1]).toBeGreaterThanOrEqual(values[0] - 1e-6)
      }),
    )
  })

  it('refuses settings that do not fit together and says which', () => {
    expect(() => new ValueModel({ ...settings, trained: [1] })).toThrow(/1 trained flags/)
    expect(() => new ValueModel({ ...settings, weights: [1, 2, Number.NaN, 0] })).toThrow(/objective 2/)
    expect(() => new ValueModel({ ...settings, clickColumn: 4 })).toThrow(/click column 4/)
    expect(() => new ValueModel({ ...settings, clickColumn: 1 })).toThrow(/conditional on the click/)
    expect(() => new ValueModel(settings).apply(new Float32Array(4), new Float32Array(2))).toThrow(/2 rows/)
  })
})
