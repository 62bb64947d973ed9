/** `evaluate top-n`: how many of a user's held-out items a model puts at the top of a list of items new to them. */
import { TopK } from '../../algorithms/retrieval/top-k.ts'
import { coverage, exposureCounts, gini } from '../../algorithms/statistics/catalogue-metrics.ts'
import {
  type IdealGain,
  ndcgAt,
  precisionAt,
  type RecallBase,
  recallAt,
} from '../../algorithms/statistics/ranking-metrics.ts'
import { type Histories, historyOf } from '../../models/histories.ts'
import type { PreparedData } from './prepared-data.ts'
import type { Evaluated, ProtocolRun } from './protocol-run.ts'
import { rounded } from './query-table.ts'
import { forEachScored, type ScoringTask } from './scored-batches.ts'
import { longTailItems, newUsers, segmentDescriptions } from './segments.ts'
import { assign, carveValidation, joined, splitBy, splitDescriptions, type TopNProtocol } from './splits.ts'

export interface TopNOptions extends TopNConventions {
  readonly protocol: TopNProtocol
  readonly maskValidation: boolean
  readonly minInteractions: number
  readonly minRating?: number
  readonly part: 'test' | 'validation'
}

export interface TopNConventions {
  readonly cutoffs: readonly number[]
  readonly recall: RecallBase
  readonly idealGain: IdealGain
}

const recallDescriptions: Readonly<Record<RecallBase, string>> = {
  relevant: 'hits among the first k / number of relevant items',
  capped: 'hits among the first k / min(k, number of relevant items)',
}

const idealDescriptions: Readonly<Record<IdealGain, string>> = {
  truncated: 'over the first min(k, relevant) places',
  full: 'over all relevant items',
}

/** The protocol over prepared data, with one seed. On the validation part the test items are nowhere known. */
export function topNRun(data: PreparedData, options: TopNOptions, seed: number): ProtocolRun {
  const assigned = assign(data, options.protocol, seed)
  const hasValidation = options.protocol === 'random-8-1-1' || options.protocol === 'global-time'
  const carves = options.part === 'validation' && !hasValidation
  const { training, validation, test } = splitBy(data, carves ? carveValidation(assigned, seed) : assigned)
  const isTest = options.part === 'test'
  const excluded = isTest && options.maskValidation ? joined(training, validation) : training
  const target = isTest ? test : validation
  return {
    training,
    validation: hasValidation ? validation : undefined,
    protocol: {
      ...describe(options),
      ...(carves && { 'validation part': 'a tenth of training, drawn at random over all users' }),
    },
    evaluate: async (recommender, progress) => {
      const users = Uint32Array.from({ length: data.users }, (_, user) => user).filter(
        user => historyOf(target, user).length > 0 && historyOf(training, user).length > 0,
      )
      return topNTable({ recommender, users, known: training, excluded, progress }, target, options)
    },
  }
}

function describe(options: TopNOptions): Record<string, string | number | boolean> {
  const { protocol, part, maskValidation, minRating, minInteractions, recall, idealGain } = options
  return {
    name: protocol,
    split: splitDescriptions[protocol],
    'evaluated on': part,
    relevance: minRating === undefined ? 'every interaction, whatever its rating' : `ratings of at least ${minRating}`,
    'known when asked': 'training items',
    candidates: 'all items (full ranking)',
    seen: maskValidation ? 'training items excluded, at test validation items too' : 'training items are excluded',
    'mask-validation': maskValidation,
    repeats: 'the first time a user meets an item counts',
    ties: 'items with the same score in the order of their first appearance in the file',
    'interactions at least': `${minInteractions} per user and item, counted once before removal`,
    recall: `${recall}: ${recallDescriptions[recall]}`,
    idcg: `${idealGain}: ideal DCG ${idealDescriptions[idealGain]}; binary gains, discount log2(rank + 1)`,
    precision: 'hits among the first k / k',
    coverage: 'share of all items in the first k of anybody',
    gini: 'of how often each item is in the first k, over all items',
    users: 'mean over users with a held-out item and a training item',
    'segment newUsers': segmentDescriptions.newUsers,
    'segment longTailItems': segmentDescriptions.longTailItems,
  }
}

/** @param target held-out items of each user asked about, at least one */
export async function topNTable(
  task: ScoringTask,
  target: Histories,
  conventions: TopNConventions,
): Promise<Evaluated> {
  const { users, known } = task
  const depth = Math.max(...conventions.cutoffs)
  const lists = new Int32Array(users.length * depth).fill(-1)
  const own = emptyColumns(conventions.cutoffs, users.length)
  const longTail = emptyColumns(conventions.cutoffs, users.length)
  const isLongTail = longTailItems(known)
  const relevant = new Uint8Array(known.items)
  const top = new TopK()
  const [found, foundScores] = [new Uint32Array(depth), new Float32Array(depth)]
  let query = 0
  await forEachScored(task, (user, scores) => {
    top.begin(depth)
    for (let item = 0; item < scores.length; item++) {
      if (scores[item] !== Number.NEGATIVE_INFINITY) top.offer(item, scores[item])
    }
    const list = found.subarray(0, top.drain(found, foundScores))
    lists.set(list, query * depth)
    const wanted = historyOf(target, user)
    for (const item of wanted) relevant[item] = 1
    const tail = wanted.filter(item => isLongTail[item] === 1)
    const gains = Float64Array.from(list, item => relevant[item])
    const tailGains = gains.map((gain, place) => gain * isLongTail[list[place]])
    fill(own, query, gains, wanted.length, conventions)
    fill(longTail, query, tailGains, tail.length, conventions)
    for (const item of wanted) relevant[item] = 0
    query++
  })
  return {
    table: { users, columns: own, longTail, newUser: newUsers(users, known) },
    listMetrics: listMetrics(lists, depth, known.items, conventions.cutoffs),
  }
}

function emptyColumns(cutoffs: readonly number[], queries: number): Record<string, Float64Array> {
  const names = ['recall', 'ndcg', 'precision'].flatMap(metric => cutoffs.map(k => `${metric}@${k}`))
  return Object.fromEntries(names.map(name => [name, new Float64Array(queries)]))
}

/** A query without relevant items has no value. */
function fill(
  columns: Readonly<Record<string, Float64Array>>,
  query: number,
  gains: Float64Array,
  relevantCount: number,
  { cutoffs, recall, idealGain }: TopNConventions,
): void {
  const ideal = new Uint8Array(relevantCount).fill(1)
  for (const k of cutoffs) {
    columns[`recall@${k}`][query] = recallAt(gains, relevantCount, k, recall)
    columns[`ndcg@${k}`][query] = ndcgAt(gains, ideal, k, idealGain)
    columns[`precision@${k}`][query] = relevantCount === 0 ? Number.NaN : precisionAt(gains, k)
  }
}

function listMetrics(lists: Int32Array, depth: number, items: number, cutoffs: readonly number[]) {
  const counts = cutoffs.map(k => [k, exposureCounts(lists, depth, k, items)] as const)
  return {
    ...Object.fromEntries(counts.map(([k, exposed]) => [`coverage@${k}`, rounded(coverage(exposed))])),
    ...Object.fromEntries(counts.map(([k, exposed]) => [`gini@${k}`, rounded(gini(exposed))])),
  }
}
