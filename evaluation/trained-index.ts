import { splitSeed } from '../algorithms/statistics/random.ts'
import type { Settings } from '../config/settings.ts'
import type { UserView } from '../features/user-view.ts'
import { exhaust } from '../funnel/exhaust.ts'
import { queryHistory } from '../funnel/hydrators/query-history.ts'
import { QueryEncoder } from '../funnel/hydrators/query-vectors.ts'
import { LiveModelSets } from '../funnel/live-model-sets.ts'
import type { ModelSetContents } from '../funnel/model-set-files.ts'
import { ModelSpaces } from '../funnel/model-spaces.ts'
import type { RequestFrame } from '../funnel/request-frame.ts'
import type { Replay } from '../learning/replay.ts'
import { type IndexRecall, measureIndexRecall } from './index-recall.ts'
import { personalRequest, personalView } from './personal-request.ts'

/**
 * Recall of the search on trained vectors, with the query vectors of people who have a history.
 *
 * @param replay the history folded to where the people are to be asked for
 * @param requestsMax people that are searched for at most, chosen by a seeded hash
 */
export async function measureTrainedIndex(
  settings: Settings,
  replay: Replay,
  contents: ModelSetContents,
  requestsMax: number,
  seed: number,
): Promise<IndexRecall> {
  const { catalog, counters, epoch } = replay
  const models = new LiveModelSets(catalog, catalog.items.rowCount, () => {})
  const { handles, generation } = exhaust(models.load('measured', contents, ''))
  const encoder = await QueryEncoder.open(new ModelSpaces(handles), handles)
  const versions = { generation, tablesVersion: 1, querySeq: catalog.appliedSeq }
  const encode = (view: UserView) => encoder.encode(queryHistory(view, versions, catalog), catalog.items)
  const requests: RequestFrame[] = []
  for (const userId of peopleWithHistory(replay, requestsMax, seed)) {
    const query = await encode(personalView(replay, userId, catalog.lastEventAt))
    requests.push(personalRequest(replay, settings, userId, catalog.lastEventAt, query, generation))
  }
  const popular = counters.lists(epoch.epoch, epoch.at)
  return measureIndexRecall({ settings, catalog, epoch: { counters: epoch, popular }, handles, requests })
}

function peopleWithHistory({ users }: Replay, max: number, seed: number): string[] {
  const known = [...users].filter(([, state]) => state.seen.size > 0).map(([userId]) => userId)
  const place = new Map(known.map(userId => [userId, splitSeed(seed, userId)]))
  return known.sort((a, b) => place.get(a)! - place.get(b)!).slice(0, max)
}
