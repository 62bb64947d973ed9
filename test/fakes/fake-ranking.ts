import type { RankingPort } from '../../actors/request/parts.ts'
import { decodeFrame, encodeFrame } from '../../domain/frame.ts'
import { noQueryVectors, type QueryVectors } from '../../features/vector-spaces.ts'
import { queryVectorsLayout } from '../../funnel/hydrators/query-vectors.ts'

interface RankCall {
  readonly request: ArrayBuffer
  readonly shards: readonly ArrayBuffer[]
  readonly resolve: (frame: ArrayBuffer) => void
  readonly reject: (error: Error) => void
}

/** Ranks when a test says so, with what the test says. */
export class FakeRanking implements RankingPort {
  readonly rankings: RankCall[] = []
  readonly histories: ArrayBuffer[] = []
  readonly lastResorts: RankCall[] = []
  encodeFailure: Error | null = null
  vectors: QueryVectors = { ...noQueryVectors, collaborative: Float32Array.of(1, 0), content: Float32Array.of(0, 1) }

  rank(request: ArrayBuffer, shards: readonly ArrayBuffer[]): Promise<ArrayBuffer> {
    // The real port copies the frames at once: what is added to the list later does not reach it.
    return new Promise((resolve, reject) => this.rankings.push({ request, shards: [...shards], resolve, reject }))
  }

  lastResort(request: ArrayBuffer): Promise<ArrayBuffer> {
    return new Promise((resolve, reject) => this.lastResorts.push({ request, shards: [], resolve, reject }))
  }

  async encode(history: ArrayBuffer): Promise<QueryVectors> {
    this.histories.push(history)
    if (this.encodeFailure !== null) throw this.encodeFailure
    return decodeFrame(queryVectorsLayout, encodeFrame(queryVectorsLayout, this.vectors))
  }
}
