import { describe, expect, it } from 'vitest'
import { nextItemTable } from '../../../../evaluation/protocols/next-item.ts'
import { compare, means, segments, stacked } from '../../../../evaluation/protocols/query-table.ts'
import { longTailItems, newUsers } from '../../../../evaluation/protocols/segments.ts'
import { topNTable } from '../../../../evaluation/protocols/top-n.ts'
import { silentProgress as progress } from '../../../../telemetry/progress.ts'
import { fixed, historiesOf } from './toy.ts'

const log2 = Math.log2

describe('next item, by hand', () => {
  const known = historiesOf(4, [[0], [1], [0, 1]])
  const target = historiesOf(4, [[1], [2], [3]])
  const users = Uint32Array.of(0, 1, 2)

  it('ranks the target among all items the user has not met', async () => {
    // Without item 0, user 0's target is first; user 1's second behind item 3; user 2's second of items 2 and 3.
    const recommender = fixed([
      [9, 8, 7, 6],
      [1, 9, 2, 3],
      [9, 9, 2, 1],
    ])
    const table = await nextItemTable({ recommender, users, known, excluded: known, progress }, target, known, [1, 2])
    expect(means(table.columns)).toEqual({
      'hr@1': 0.333333,
      'hr@2': 1,
      'ndcg@1': 0.333333,
      'ndcg@2': Math.round(((1 + 2 / log2(3)) / 3) * 1e6) / 1e6,
      mrr: 0.666667,
    })
  })

  it('counts items with the same score as ranked before the target', async () => {
    const recommender = fixed([
      [1, 1, 1, 1],
      [1, 1, 1, 1],
      [1, 1, 1, 1],
    ])
    const table = await nextItemTable({ recommender, users, known, excluded: known, progress }, target, known, [1, 3])
    expect([...table.columns.mrr]).toEqual([1 / 3, 1 / 3, 1 / 2])
  })

  it('refuses a model that gives a score which is not finite', async () => {
    const recommender = fixed([[1, Number.NaN, 1, 1]])
    const task = { recommender, users: users.subarray(0, 1), known, excluded: known, progress }
    await expect(nextItemTable(task, target, known, [1])).rejects.toThrow('item 1 of user 0')
  })
})

describe('top-n, by hand', () => {
  const training = historiesOf(5, [[0], [4]])
  const target = historiesOf(5, [[1, 2, 3], [0]])
  const users = Uint32Array.of(0, 1)
  // Lists without training items: user 0 gets 4, 1, 3, 2; user 1 gets 1, 0, 3, 2.
  const recommender = fixed([
    [9, 4, 1, 2, 5],
    [3, 4, 1, 2, 9],
  ])
  const task = { recommender, users, known: training, excluded: training, progress }
  const figures = async (recall: 'relevant' | 'capped', idealGain: 'truncated' | 'full') =>
    (await topNTable(task, target, { cutoffs: [2], recall, idealGain })).table.columns

  it('divides recall by all relevant items, or by what k places can hold', async () => {
    expect([...(await figures('relevant', 'full'))['recall@2']]).toEqual([1 / 3, 1])
    expect([...(await figures('capped', 'full'))['recall@2']]).toEqual([1 / 2, 1])
  })

  it('takes the ideal over k places, or over all relevant items', async () => {
    const gain = 1 / log2(3)
    const [truncated, full] = [await figures('relevant', 'truncated'), await figures('relevant', 'full')]
    expect(truncated['ndcg@2'][0]).toBeCloseTo(gain / (1 + gain), 12)
    expect(full['ndcg@2'][0]).toBeCloseTo(gain / (1 + gain + 1 / 2), 12)
    expect(truncated['ndcg@2'][1]).toBeCloseTo(gain, 12)
  })

  it('counts hits per place, items in anybody’s list, and how evenly they are spread', async () => {
    const { table, listMetrics } = await topNTable(task, target, {
      cutoffs: [1, 2],
      recall: 'relevant',
      idealGain: 'full',
    })
    expect([...table.columns['precision@2']]).toEqual([1 / 2, 1 / 2])
    // The first places hold 4 and 1, the first two 4, 1 and 1, 0: counts 1, 2, 0, 0, 1.
    expect(listMetrics).toEqual({ 'coverage@1': 0.4, 'coverage@2': 0.6, 'gini@1': 0.6, 'gini@2': 0.5 })
  })

  it('leaves excluded validation items out of the list', async () => {
    const excluded = historiesOf(5, [
      [0, 4],
      [4, 1],
    ])
    const { table } = await topNTable({ ...task, excluded }, target, {
      cutoffs: [1],
      recall: 'relevant',
      idealGain: 'full',
    })
    expect([...table.columns['precision@1']]).toEqual([1, 1])
  })

  it('judges long-tail items apart, and only where a user has some', async () => {
    const popular = historiesOf(5, [[0], [4], [0], [0]])
    const { table } = await topNTable({ ...task, known: popular }, historiesOf(5, [[1, 2, 3], [0], [], []]), {
      cutoffs: [2],
      recall: 'relevant',
      idealGain: 'full',
    })
    expect([...table.longTail['recall@2']]).toEqual([1 / 3, Number.NaN])
    expect(segments(table).longTailItems).toMatchObject({ queries: 1, metrics: { 'recall@2': 0.333333 } })
  })
})

describe('segments', () => {
  it('are the fifth of users with the fewest interactions and the items outside the most popular fifth', () => {
    const training = historiesOf(5, [[0, 1], [0], [0, 2], [0, 3], [0, 4]])
    expect([...newUsers(Uint32Array.of(0, 1, 2, 3, 4), training)]).toEqual([0, 1, 0, 0, 0])
    expect([...longTailItems(training)]).toEqual([0, 1, 1, 1, 1])
  })
})

describe('comparing', () => {
  const tableOf = (values: readonly number[]) => ({
    users: Uint32Array.from(values.keys()),
    columns: { m: Float64Array.from(values) },
    longTail: { m: Float64Array.from(values) },
    newUser: new Uint8Array(values.length),
  })

  it('gives the paired difference, positive where the model is better, with its interval', () => {
    const baseline = Array.from({ length: 200 }, (_, user) => user % 2)
    const { m } = compare(tableOf(baseline.map(value => value + 0.5)), tableOf(baseline), 1)
    expect(m).toMatchObject({ mean: 0.5, lower: 0.5, upper: 0.5 })
  })

  it('puts the queries of several splits under each other', () => {
    expect([...stacked([tableOf([1, 2]), tableOf([3])]).columns.m]).toEqual([1, 2, 3])
  })
})
