import { afterEach, describe, expect, it, vi } from 'vitest'
import { CandidateSet } from '../../../domain/candidate-set.ts'
import { featureCount } from '../../../features/schema.ts'
import { NeuralRanker } from '../../../funnel/scorers/neural-ranker.ts'
import { testSettings } from '../../fakes/samples.ts'
import { testSchemaHash, tinyRanker } from '../../fakes/tiny-model-set.ts'

const open = () => NeuralRanker.open({ ...tinyRanker(), schemaHash: testSchemaHash }, testSettings())

function candidatesOf(count: number): CandidateSet {
  const candidates = new CandidateSet(8)
  candidates.count = count
  return candidates
}

afterEach(() => {
  vi.restoreAllMocks()
})

describe('the neural ranker', () => {
  it('gives every candidate probabilities and a value', async () => {
    const candidates = candidatesOf(3)
    const features = Float32Array.from({ length: 3 * featureCount }, (_, i) => i % 7)
    expect(await (await open()).score(features, candidates)).toBe(true)
    expect(candidates.probabilities.subarray(0, 12).every(p => p > 0 && p < 1)).toBe(true)
    expect(candidates.value.subarray(0, 3).every(value => value !== 0)).toBe(true)
  })

  it('says why it failed, once for each reason however often it happens', async () => {
    const said = vi.spyOn(console, 'error').mockImplementation(() => {})
    const ranker = await open()
    const tooFew = new Float32Array(featureCount)
    for (const count of [2, 2, 3, 2, 3]) expect(await ranker.score(tooFew, candidatesOf(count))).toBe(false)
    expect(said.mock.calls.flat()).toEqual([
      expect.stringContaining(`merged order: Error: Tensor's size(${2 * featureCount})`),
      expect.stringContaining(`merged order: Error: Tensor's size(${3 * featureCount})`),
    ])
  })

  it('does not flood when every failure has another reason', async () => {
    const said = vi.spyOn(console, 'error').mockImplementation(() => {})
    const ranker = await open()
    for (let count = 2; count < 40; count++) await ranker.score(new Float32Array(featureCount), candidatesOf(count))
    expect(said).toHaveBeenCalledTimes(16)
  })
})
