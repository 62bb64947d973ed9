import { describe, expect, it } from 'vitest'
import {
  chooseReasons,
  DEFAULT_REASON_POLICY,
  emptyEvidence,
  REASON,
  REASON_COUNT,
  recordContributions,
  recordEvidence,
} from '../../../../algorithms/ranking/explanations.ts'

describe('reasons', () => {
  it('name the title of the history that contributed most, with its share', () => {
    const evidence = emptyEvidence(2)
    recordContributions(evidence, 1, [0.1, 0.6, 0, 0.3], [70, 71, 72, 73])
    const { codes, references, strengths } = chooseReasons(evidence, DEFAULT_REASON_POLICY)
    expect([...codes]).toEqual([REASON.none, REASON.becauseYouWatched])
    expect([...references]).toEqual([-1, 71])
    expect(strengths[1]).toBeCloseTo(0.6, 6)
  })

  it('are none where no title contributed', () => {
    const evidence = emptyEvidence(1)
    recordContributions(evidence, 0, [0, -1, Number.NaN], [1, 2, 3])
    expect([...chooseReasons(evidence, DEFAULT_REASON_POLICY).codes]).toEqual([REASON.none])
  })

  it('follow the priority, and pass over evidence that is too weak', () => {
    const evidence = emptyEvidence(2)
    recordEvidence(evidence, 0, REASON.trending, 9)
    recordEvidence(evidence, 0, REASON.fromCreator, 3, 12)
    recordEvidence(evidence, 1, REASON.trending, 9)
    recordEvidence(evidence, 1, REASON.fromCreator, 1, 12)
    const { codes, references } = chooseReasons(evidence, DEFAULT_REASON_POLICY)
    expect([...codes]).toEqual([REASON.fromCreator, REASON.trending])
    expect([...references]).toEqual([12, -1])
  })

  it('that speak of a title or a creator are not given without one', () => {
    const evidence = emptyEvidence(1)
    for (const reason of [REASON.becauseYouWatched, REASON.similarContent, REASON.fromCreator]) {
      recordEvidence(evidence, 0, reason, 5)
    }
    expect([...chooseReasons(evidence, DEFAULT_REASON_POLICY).codes]).toEqual([REASON.none])
  })

  it('are not given on a threshold of zero without evidence, nor on evidence that is not a number', () => {
    const evidence = emptyEvidence(1)
    recordEvidence(evidence, 0, REASON.newItem, Number.NaN)
    const policy = { priority: [REASON.newItem, REASON.trending], thresholds: new Array(REASON_COUNT).fill(0) }
    expect([...chooseReasons(evidence, policy).codes]).toEqual([REASON.none])
  })

  it('outside the priority list are never given', () => {
    const evidence = emptyEvidence(1)
    recordEvidence(evidence, 0, REASON.popularInSegment, 5)
    expect([...chooseReasons(evidence, { ...DEFAULT_REASON_POLICY, priority: [REASON.trending] }).codes]).toEqual([0])
  })

  it('all stand in the default priority with a threshold', () => {
    expect(new Set(DEFAULT_REASON_POLICY.priority).size).toBe(REASON_COUNT - 1)
    expect(DEFAULT_REASON_POLICY.thresholds.length).toBe(REASON_COUNT)
  })
})
