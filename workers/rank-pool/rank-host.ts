import type { Settings } from '../../config/settings.ts'
import { decodeFrame, encodeFrame } from '../../domain/frame.ts'
import { historyLayout, queryVectorsLayout } from '../../funnel/hydrators/query-vectors.ts'
import { type LoadedModelSet, loadModelSet } from '../../funnel/loaded-model-set.ts'
import type { ModelSetHandles, ThreadTables } from '../../funnel/ports.ts'
import { RankStage } from '../../funnel/rank.ts'
import { requestLayout } from '../../funnel/request-frame.ts'
import { TableReaders } from '../../funnel/table-readers.ts'
import type { RankResult, RankTask } from './messages.ts'

/**
 * What one rank thread does, free of how it is told to: holds the tables and the loaded model sets, and runs tasks.
 *
 * 1. A task runs with exactly the generation it pinned, or fails; never with another.
 * 2. A task that arrives before its tables or model set waits for them, up to `waitMs`; for a retired set it does not.
 */
export class RankHost {
  private readonly settings: Settings
  private readonly waitMs: number
  private readonly tables = new TableReaders()
  private readonly models = new Map<number, LoadedModelSet>()
  /** Sets on their way into `models`, unless they are retired before they arrive. */
  private readonly loading = new Map<number, Promise<void>>()
  private readonly stage: RankStage
  private readonly retired = new Set<number>()
  private waiting: { readonly arrived: () => boolean; readonly resolve: () => void }[] = []

  constructor(settings: Settings, waitMs: number) {
    this.settings = settings
    this.waitMs = waitMs
    this.stage = new RankStage(settings, this.tables, () => performance.now())
  }

  setTables(tables: ThreadTables): void {
    this.tables.set(tables)
    this.wake()
  }

  /** Loads a set once, however often it is asked for meanwhile. */
  prepare(handles: ModelSetHandles): Promise<void> {
    const { generation } = handles
    this.retired.delete(generation)
    if (this.models.has(generation)) return Promise.resolve()
    const underWay = this.loading.get(generation)
    if (underWay !== undefined) return underWay
    const load = this.load(handles)
    this.loading.set(generation, load)
    return load
  }

  private async load(handles: ModelSetHandles): Promise<void> {
    const { generation } = handles
    try {
      const models = await loadModelSet(handles, this.settings)
      if (this.loading.has(generation)) this.models.set(generation, models)
    } finally {
      this.loading.delete(generation)
    }
    this.wake()
  }

  retire(generation: number): void {
    this.loading.delete(generation)
    this.models.delete(generation)
    this.retired.add(generation)
  }

  async run(task: RankTask): Promise<RankResult> {
    if (task.type === 'encode') return Promise.all(task.histories.map(history => this.encode(history)))
    const { generation, tablesVersion } = decodeFrame(requestLayout, task.request)
    return this.stage.rank(task.request, task.shards, await this.pinned(generation, tablesVersion))
  }

  private async encode(frame: ArrayBuffer): Promise<ArrayBuffer> {
    const history = decodeFrame(historyLayout, frame)
    const models = await this.pinned(history.generation, history.tablesVersion)
    if (models === null) throw new RangeError('query vectors need a model set')
    return encodeFrame(queryVectorsLayout, await models.encoder.encode(history, this.tables.items))
  }

  private async pinned(generation: number, tablesVersion: number): Promise<LoadedModelSet | null> {
    if (this.retired.has(generation)) throw new RangeError(`model set ${generation} is retired`)
    const arrived = () => this.tables.version >= tablesVersion && (generation === 0 || this.models.has(generation))
    if (!arrived()) await this.until(arrived)
    return generation === 0 ? null : this.models.get(generation)!
  }

  private until(arrived: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.waiting = this.waiting.filter(entry => entry.resolve !== settle)
        reject(new RangeError(`tables or model set did not arrive within ${this.waitMs} ms`))
      }, this.waitMs)
      const settle = () => {
        clearTimeout(timer)
        resolve()
      }
      this.waiting.push({ arrived, resolve: settle })
    })
  }

  private wake(): void {
    const waiting = this.waiting
    this.waiting = waiting.filter(entry => !entry.arrived())
    for (const entry of waiting) if (entry.arrived()) entry.resolve()
  }
}
