import type { Settings } from '../config/settings.ts'
import { decodeFrame } from '../domain/frame.ts'
import type { UserView } from '../features/user-view.ts'
import { noQueryVectors, type QueryVectors } from '../features/vector-spaces.ts'
import { packRequest } from '../funnel/recommend.ts'
import { type RequestFrame, requestLayout } from '../funnel/request-frame.ts'
import type { Replay } from '../learning/replay.ts'

const noContext = { region: 0, language: 0, device: 0 }

/**
 * A person's request without any context, as the threads of an engine that stands where the replay stands would get it.
 *
 * @param now epoch ms
 * @param query the person in the spaces of model set `generation`
 */
export function personalRequest(
  replay: Replay,
  settings: Settings,
  userId: string,
  now: number,
  query: QueryVectors = noQueryVectors,
  generation = 0,
): RequestFrame {
  const { catalog, epoch } = replay
  const request = { requestId: '', userId, n: 1, context: {}, exclude: [], categories: [], explain: false }
  const versions = { generation, tablesVersion: 1, catalogSeq: catalog.appliedSeq, counterEpoch: epoch.epoch }
  const pins = { ...versions, seed: 0, globalShard: 0 }
  return decodeFrame(
    requestLayout,
    packRequest(request, personalView(replay, userId, now), query, pins, settings, catalog),
  )
}

/** A person without any context. */
export function personalView(replay: Replay, userId: string, now: number): UserView {
  return replay.view(userId, noContext, now)
}
