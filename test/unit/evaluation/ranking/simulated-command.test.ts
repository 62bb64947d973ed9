import { tmpdir } from 'node:os'
import { afterEach, describe, expect, it, vi } from 'vitest'
import {
  evaluateRankingCommand,
  type RankingEvaluationCommandOptions,
} from '../../../../cli/commands/evaluate-ranking.ts'
import { CommandContext } from '../../../../cli/context.ts'

afterEach(() => vi.restoreAllMocks())

const set = {
  members: '1',
  experts: '2',
  expertWidth: '8',
  epochs: '6',
  batchRows: '128',
  learningRate: '0.005',
  warmupSteps: '10',
}
const small: RankingEvaluationCommandOptions = {
  format: 'simulated',
  model: 'mmoe',
  people: 120,
  items: 200,
  days: 45,
  part: 'test',
  seed: 1,
  trainings: 1,
  set,
}

/** What the command writes to standard output. */
async function printed(options: Partial<RankingEvaluationCommandOptions>, json = true): Promise<string> {
  const write = vi.spyOn(process.stdout, 'write').mockImplementation(() => true)
  const context = new CommandContext({ dataDir: tmpdir(), json, progress: false })
  await evaluateRankingCommand(context, { ...small, ...options })
  const text = write.mock.calls.map(([chunk]) => chunk).join('')
  write.mockRestore()
  return text
}

describe('sluice evaluate ranking --format simulated', () => {
  it('judges a model by the truth, and against itself without the term of the position', async () => {
    const options = { compare: 'mmoe', compareSet: { ...set, positionBias: 'false' } } as const
    const document = JSON.parse(await printed(options))
    const { metrics, comparison } = document
    expect(document.protocol.objectives).toBe('click, finish, positive, negative')
    expect(document.protocol.truth).toContain('first place')
    expect(metrics['click.truthAgreement']).toBeGreaterThan(0.53)
    expect(metrics['click.truthMean']).toBeGreaterThan(metrics['negative.truthMean'])
    const difference = comparison.truthDifferences['click.truthError']
    expect(difference.meanDifference).toBeCloseTo(
      metrics['click.truthError'] - comparison.metrics['click.truthError'],
      6,
    )
    // What is served stands for the first place, which is looked at more often than the mean of all places.
    expect(metrics['click.truthMeanPredicted']).toBeGreaterThan(comparison.metrics['click.truthMeanPredicted'])
    expect(Math.abs(metrics['click.truthMeanPredicted'] - metrics['click.truthMean'])).toBeLessThan(
      Math.abs(comparison.metrics['click.truthMeanPredicted'] - metrics['click.truthMean']),
    )
  })

  it('shows people the truth in a table of its own, and names what is set differently', async () => {
    const text = await printed({ compare: 'mmoe', compareSet: { ...set, positionBias: 'false' } }, false)
    expect(text).toContain('mmoe, truth')
    expect(text).toContain('mmoe minus mmoe (positionBias false)')
  })

  it('says which options belong to which format', async () => {
    await expect(printed({ input: 'somewhere' })).rejects.toThrow('reads no input')
    await expect(printed({ format: 'jsonl', people: undefined, items: undefined, days: undefined })).rejects.toThrow(
      '--format jsonl needs --input',
    )
    await expect(printed({ format: 'kuairand', input: 'somewhere' })).rejects.toThrow('--people shapes')
    await expect(printed({ people: 0 })).rejects.toThrow('people must be a whole number')
  })
})
