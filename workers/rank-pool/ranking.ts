import { decodeFrame } from '../../domain/frame.ts'
import type { QueryVectors } from '../../features/vector-spaces.ts'
import { queryVectorsLayout } from '../../funnel/hydrators/query-vectors.ts'
import type { LastResort } from '../../funnel/last-resort.ts'
import type { RankPool } from './pool.ts'

interface WaitingHistory {
  readonly history: ArrayBuffer
  readonly resolve: (vectors: QueryVectors) => void
  readonly reject: (error: unknown) => void
}

const batchMax = 16

/** Ranking as a request sees it. Histories that arrive in one turn of the event loop share a task. */
export class Ranking {
  private readonly pool: RankPool
  private readonly withoutThreads: LastResort
  private waiting: WaitingHistory[] = []

  constructor(pool: RankPool, withoutThreads: LastResort) {
    this.pool = pool
    this.withoutThreads = withoutThreads
  }

  rank(request: ArrayBuffer, shards: readonly ArrayBuffer[]): Promise<ArrayBuffer> {
    return this.pool.rank(request, shards)
  }

  encode(history: ArrayBuffer): Promise<QueryVectors> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ history, resolve, reject })
      if (this.waiting.length === 1) setImmediate(() => this.flush())
      else if (this.waiting.length === batchMax) this.flush()
    })
  }

  lastResort(request: ArrayBuffer): Promise<ArrayBuffer> {
    return this.withoutThreads.feed(request)
  }

  private flush(): void {
    const batch = this.waiting
    this.waiting = []
    if (batch.length === 0) return
    this.pool.encode(batch.map(entry => entry.history)).then(
      frames => {
        for (let i = 0; i < batch.length; i++) batch[i].resolve(decodeFrame(queryVectorsLayout, frames[i]))
      },
      error => {
        for (const entry of batch) entry.reject(error)
      },
    )
  }
}
