import { describe, expect, it } from 'vitest'
import { aucOfUsers, outcomeMetrics } from '../../../../evaluation/ranking/outcome-metrics.ts'

const calibration = { method: 'platt', slope: 1, intercept: 0 } as const

describe('the metrics of an objective', () => {
  // User 1 ranks one of two pairs rightly, user 2 the only pair, user 3 has one outcome only.
  const logits = [2, 1, 0, 1, -1, 5, 5]
  const labels = [0, 1, 0, 1, 0, 1, 1]
  const users = [1, 1, 1, 2, 2, 3, 3]
  const metrics = outcomeMetrics(logits, { labels, users, requests: users }, calibration)

  it('weigh each person`s AUC by impressions, and leave out people with one outcome', () => {
    expect([...aucOfUsers(logits, labels, users)]).toEqual([0.5, 0.5, 0.5, 1, 1, Number.NaN, Number.NaN])
    expect(metrics.gauc).toBeCloseTo((3 * 0.5 + 2 * 1) / 5, 12)
  })

  it('take NDCG over requests with both outcomes', () => {
    expect(metrics.ndcg).toBeCloseTo((1 / Math.log2(3) + 1) / 2, 12)
  })

  it('give rows of equal score the worst order', () => {
    const requests = [0, 0]
    const tied = outcomeMetrics([1, 1], { labels: [1, 0], users: requests, requests }, calibration)
    expect(tied.ndcg).toBeCloseTo(1 / Math.log2(3), 12)
    expect(tied.gauc).toBe(0.5)
  })

  it('say how far probabilities are off before and after calibration', () => {
    const half = Array.from({ length: 400 }, (_, row) => row % 2)
    const overconfident = outcomeMetrics(
      half.map(() => 2),
      { labels: half, users: half, requests: half },
      { method: 'platt', slope: 0, intercept: 0 },
    )
    expect(overconfident.eceBefore).toBeCloseTo(1 / (1 + Math.exp(-2)) - 0.5, 6)
    expect(overconfident.eceAfter).toBeCloseTo(0, 12)
    expect(overconfident.logLoss).toBeCloseTo(Math.LN2, 12)
  })
})
