import type { Settings } from '../config/settings.ts'
import type { ThreadTables } from './ports.ts'
import { RankStage } from './rank.ts'
import { RetrievalStage } from './retrieve.ts'
import { TableReaders } from './table-readers.ts'

/**
 * The feed that is left when no rank thread answers: what is trending in the person's segment and popular with
 * everybody, behind the same filters, in merged order, made on the thread that asks. It takes about a millisecond.
 */
export class LastResort {
  private readonly tables = new TableReaders()
  private readonly retrieval: RetrievalStage
  private readonly ranking: RankStage

  constructor(settings: Settings, monotonicMs: () => number) {
    this.retrieval = new RetrievalStage(0, 1, settings, monotonicMs)
    this.ranking = new RankStage(settings, this.tables, monotonicMs)
  }

  setTables(tables: ThreadTables): void {
    this.tables.set(tables)
    this.retrieval.partition.setTables(tables)
  }

  /** @param request packed with generation 0 and global shard 0 */
  feed(request: ArrayBuffer): Promise<ArrayBuffer> {
    return this.ranking.rank(request, [this.retrieval.retrieve(request)], null)
  }
}
