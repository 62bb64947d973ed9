/** `evaluate next-item`: how well a model names what each user met last, among all items the user had not met before. */
import { rankOfTarget } from '../../algorithms/statistics/ranking-metrics.ts'
import { type Histories, historyOf } from '../../models/histories.ts'
import type { PreparedData } from './prepared-data.ts'
import type { ProtocolRun } from './protocol-run.ts'
import type { QueryTable } from './query-table.ts'
import { forEachScored, type ScoringTask } from './scored-batches.ts'
import { longTailItems, newUsers, segmentDescriptions } from './segments.ts'
import { joined, leaveOneOut, splitBy } from './splits.ts'

export interface NextItemOptions {
  readonly cutoffs: readonly number[]
  readonly minInteractions: number
  readonly part: 'test' | 'validation'
}

/** The protocol over prepared data. On the validation part the test items are nowhere known. */
export function nextItemRun(data: PreparedData, { cutoffs, minInteractions, part }: NextItemOptions): ProtocolRun {
  const { training, validation, test } = splitBy(data, leaveOneOut(data))
  const [target, known] = part === 'test' ? [test, joined(training, validation)] : [validation, training]
  return {
    training,
    validation,
    protocol: {
      name: 'next-item',
      split: 'leave-one-out: the last item of each user is test, the one before validation, the rest training',
      'evaluated on': part,
      'known when asked': part === 'test' ? 'training and validation items' : 'training items',
      candidates: 'all items (full ranking)',
      seen: 'items known of the user are excluded',
      'order of time':
        data.timeOf === undefined ? 'order of the file' : 'timestamps, equal ones in the order of the file',
      repeats: 'the first time a user meets an item counts',
      'rank of ties': 'pessimistic: items with the same score count as ranked before the target',
      'interactions at least': `${minInteractions} per user and item, counted once before removal`,
      relevance: 'every interaction counts, whatever its rating',
      hr: 'share of users whose target is among the first k',
      ndcg: '1 / log2(rank + 1) of the target among the first k, else 0',
      mrr: '1 / rank of the target, without a cut-off',
      users: 'all users with a target',
      'segment newUsers': segmentDescriptions.newUsers,
      'segment longTailItems': segmentDescriptions.longTailItems,
    },
    evaluate: async (recommender, progress) => {
      const users = Uint32Array.from({ length: data.users }, (_, user) => user).filter(
        user => historyOf(target, user).length > 0,
      )
      const table = await nextItemTable(
        { recommender, users, known, excluded: known, progress },
        target,
        training,
        cutoffs,
      )
      return { table, listMetrics: {} }
    },
  }
}

/** @param target one item per user asked about */
export async function nextItemTable(
  task: ScoringTask,
  target: Histories,
  training: Histories,
  cutoffs: readonly number[],
): Promise<QueryTable> {
  const { users } = task
  const ranks = new Uint32Array(users.length)
  const targets = users.map(user => historyOf(target, user)[0])
  let query = 0
  await forEachScored(task, (_, scores) => {
    ranks[query] = rankOfTarget(scores, targets[query])
    query++
  })
  const columns = {
    ...Object.fromEntries(cutoffs.map(k => [`hr@${k}`, Float64Array.from(ranks, rank => Number(rank < k))])),
    ...Object.fromEntries(
      cutoffs.map(k => [`ndcg@${k}`, Float64Array.from(ranks, rank => (rank < k ? 1 / Math.log2(rank + 2) : 0))]),
    ),
    mrr: Float64Array.from(ranks, rank => 1 / (rank + 1)),
  }
  const isLongTail = longTailItems(training)
  const longTail = Object.fromEntries(
    Object.entries(columns).map(([name, values]) => [
      name,
      values.map((value, query) => (isLongTail[targets[query]] === 1 ? value : Number.NaN)),
    ]),
  )
  return { users, columns, longTail, newUser: newUsers(users, training) }
}
