import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { modelSetOf, SetsSeen } from '../../../benchmarks/load/sets-seen.ts'
import { writeForeign, writeTwin } from '../../../benchmarks/swap/prepared-sets.ts'
import { boundsOf, summarise } from '../../../benchmarks/swap/summary.ts'
import type { Round, Window } from '../../../benchmarks/swap/windows.ts'
import { readModelSet } from '../../../funnel/model-set-files.ts'
import { loadArtefact } from '../../../models/artefact/artefact.ts'
import { sampleItems } from '../../fakes/samples.ts'
import { testSchemaHash, tinyModelSet, tinyRanker, writeTinyModelSet } from '../../fakes/tiny-model-set.ts'

describe('the model sets that a window sees', () => {
  it('are counted by what each feed names', () => {
    expect(modelSetOf('{"requestId":"r","items":[],"degraded":null,"modelSet":"ms-1","note":"few"}')).toBe('ms-1')
    expect(modelSetOf('{"requestId":"r","items":[],"modelSet":null}')).toBe('')
    const seen = new SetsSeen()
    for (const [set, sentAt, answeredAt] of [
      ['a', 0, 5],
      ['a', 1, 6],
      ['b', 7, 9],
      ['', 8, 9],
    ] as const)
      seen.add(set, sentAt, answeredAt)
    expect(seen.figures()).toEqual({ feeds: { a: 2, b: 1 }, unnamed: 1, wentBack: 0 })
  })

  it('do not come one after the other where a feed names none: it was made without a model', () => {
    const seen = new SetsSeen()
    seen.add('', 0, 1)
    seen.add('a', 2, 3)
    seen.add('', 4, 5)
    seen.add('a', 6, 7)
    expect(seen.figures()).toEqual({ feeds: { a: 2 }, unnamed: 2, wentBack: 0 })
  })

  it('may overlap, but no request that is sent after a feed of the new set is answered with the old one', () => {
    const seen = new SetsSeen()
    seen.add('a', 0, 5)
    seen.add('b', 6, 10)
    seen.add('a', 7, 12)
    seen.add('b', 8, 13)
    expect(seen.figures().wentBack).toBe(0)
    seen.add('a', 11, 15)
    expect(seen.figures().wentBack).toBe(1)
  })
})

describe('the sets that a swap is measured with', () => {
  let root: string
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'sluice-twin-'))
    await writeTinyModelSet(root, 'base', tinyModelSet(sampleItems(12), 1, tinyRanker()))
  })
  afterAll(() => rm(root, { recursive: true, force: true }))

  it('are a twin that keeps every inner product within the set and none across the two', async () => {
    const id = await writeTwin(root, 'base', testSchemaHash, 1)
    const [base, twin] = await Promise.all(
      ['base', id].map(async name => readModelSet(await loadArtefact(root, name, testSchemaHash))),
    )
    const { dimension, vectors } = base.collaborative
    const row = (of: Float32Array, item: number) => of.subarray(item * dimension, (item + 1) * dimension)
    const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, d) => sum + value * b[d], 0)
    const other = twin.collaborative.vectors
    let across = 0
    for (let i = 0; i < 12; i++) {
      for (let j = 0; j < 12; j++) {
        const within = dot(row(vectors, i), row(vectors, j))
        expect(dot(row(other, i), row(other, j))).toBeCloseTo(within, 5)
        across += Math.abs(dot(row(vectors, i), row(other, j)) - within)
      }
    }
    expect(across).toBeGreaterThan(1)
    expect(twin.ranker!.onnx).toEqual(base.ranker!.onnx)
    expect(twin.ranker!.calibration).not.toEqual(base.ranker!.calibration)
  })

  it('and one that this program refuses for its features', async () => {
    const id = await writeForeign(root, 'base', testSchemaHash)
    expect(await readdir(join(root, id))).toContain('manifest.json')
    await expect(loadArtefact(root, id, testSchemaHash)).rejects.toThrow('was trained on feature schema')
  })
})

interface Made {
  readonly p99?: number
  readonly flawed?: number
  readonly mixed?: number
  readonly wentBack?: number
  readonly feeds?: Readonly<Record<string, number>>
}

function windowOf({ p99 = 10, flawed = 0, mixed = 0, wentBack = 0, feeds = { a: 50, b: 50 } }: Made = {}): Window {
  const latencyMs = { p50: 1, p90: 2, p99, p999: p99 * 2, max: 99 }
  const count = Object.values(feeds).reduce((sum, value) => sum + value, 0)
  return {
    flawed,
    cpuMsPerRequest: 4,
    othersShare: 0,
    load: { feeds: { count, latencyMs }, stretch: { count: 3, latencyMs }, sets: { feeds, wentBack } },
    server: { mixedFeeds: mixed, eventLoopDelayMs: { max: 7 } },
  } as unknown as Window
}

function roundOf(before: Made, swap: Made): Round {
  const done = { from: 'a', to: 'b', commandMs: 1, takenUpMs: 1000 }
  return {
    before: windowOf(before),
    swap: { ...windowOf(swap), done },
    rollback: { ...windowOf(), done },
    refused: windowOf(),
  }
}

const replayed = { checked: 9, matched: 9 }
const missed = (rounds: readonly Round[], of = replayed) =>
  boundsOf(rounds, 100, of)
    .filter(({ holds }) => !holds)
    .map(({ name }) => name)

describe('the bounds of a swap', () => {
  it('take the median of the ratios within each round, not the ratio of medians', () => {
    const rounds = [
      roundOf({ p99: 10 }, { p99: 15 }),
      roundOf({ p99: 40 }, { p99: 44 }),
      roundOf({ p99: 20 }, { p99: 90 }),
    ]
    const { swap, before } = summarise(rounds)
    expect([before.p99, swap.p99, swap.p99Ratio, swap.doneMs]).toEqual([20, 44, 1.5, 1000])
    expect(missed(rounds)).toEqual([])
  })

  it('are missed by one error, one feed of two sets, one that went back, one of a set nobody promoted', () => {
    const round = (swap: Made) => [roundOf({}, swap)]
    expect(missed(round({ flawed: 1 }))[0]).toContain('errors')
    expect(missed(round({ mixed: 1 }))).toEqual(['feeds of two model sets'])
    expect(missed(round({ wentBack: 1 }))).toEqual(['feeds of a set after its successor'])
    expect(missed(round({ feeds: { a: 60, b: 60, c: 1 } }))).toEqual(['feeds of a set that nobody promoted'])
    expect(missed(round({ feeds: { a: 99 } }))).toEqual(['feeds in the smallest window'])
    expect(missed(round({ p99: 21 }))).toEqual(['p99 with the swap ÷ p99 before'])
  })

  it('are missed where feeds are other than the set they name would have made them, or nothing was compared', () => {
    expect(missed([roundOf({}, {})], { checked: 9, matched: 8 })).toHaveLength(1)
    expect(missed([roundOf({}, {})], { checked: 0, matched: 0 })).toHaveLength(1)
  })
})
