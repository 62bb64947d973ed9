import { describe, expect, it } from 'vitest'
import { ArmScores } from '../../../evaluation/arm-metrics.ts'
import { arms } from '../../../evaluation/arms.ts'

const armNamed = (name: string) => arms.find(arm => arm.name === name)!
const items = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `i${from + i}`)

describe('the scores of an arm', () => {
  it('rewards a relevant item by its place, within the first ten', () => {
    const scores = new ArmScores(armNamed('ranked'))
    scores.score(0, items(0, 10), new Set(['i0']))
    scores.score(1, items(0, 10), new Set(['i1']))
    scores.score(2, items(0, 11), new Set(['i10']))
    expect(scores.ndcgAt10).toEqual([1, 1 / Math.log2(3), 0])
    expect(scores.metrics(100, () => true).hitRateAt10).toBeCloseTo(2 / 3)
  })

  it('takes the ideal order over ten items where more are relevant', () => {
    const scores = new ArmScores(armNamed('ranked'))
    scores.score(0, items(0, 10), new Set(items(0, 30)))
    expect(scores.ndcgAt10[0]).toBeCloseTo(1)
  })

  it('says how much of what is relevant is retrieved, of arms that go deep enough', () => {
    const retrieved = new ArmScores(armNamed('retrieved'))
    retrieved.score(0, items(0, 500), new Set(['i0', 'i99', 'i100', 'elsewhere']))
    expect(retrieved.metrics(1000, () => true)).toMatchObject({ recallAt100: 0.5, recallAt500: 0.75 })
    const ranked = new ArmScores(armNamed('ranked'))
    ranked.score(0, items(0, 10), new Set(['i0']))
    expect(ranked.metrics(1000, () => true)).not.toHaveProperty('recallAt100')
  })

  it('covers the live items that stand in a top ten, and those alone', () => {
    const scores = new ArmScores(armNamed('ranked'))
    scores.score(0, items(0, 10), new Set(['i0']))
    scores.score(1, items(0, 10), new Set(['i0']))
    expect(scores.metrics(40, id => id !== 'i3').coverageAt10).toBeCloseTo(9 / 40)
  })

  it('finds all items shown alike fair, and one item shown always unfair', () => {
    const even = new ArmScores(armNamed('ranked'))
    even.score(0, items(0, 10), new Set(['i0']))
    expect(even.metrics(10, () => true).giniAt10).toBeCloseTo(0)
    const uneven = new ArmScores(armNamed('ranked'))
    uneven.score(0, ['i0'], new Set(['i0']))
    expect(uneven.metrics(10, () => true).giniAt10).toBeCloseTo(0.9)
  })
})
