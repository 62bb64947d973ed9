import type { Engine, PutResult } from '../../../actors/engine.ts'
import type { CatalogReader } from '../../../domain/catalog-reader.ts'
import type { AcknowledgementLevel, EventResult, JournalEvent } from '../../../domain/event.ts'
import type { Item } from '../../../domain/item.ts'
import type { Recommendation, RecommendationRequest } from '../../../domain/recommendation.ts'
import type { User } from '../../../domain/user.ts'
import type { HealthReport } from '../../../supervision/health.ts'
import type { Metrics } from '../../../telemetry/metrics.ts'

/** Remembers what it was told, and answers as the real one would. */
export class FakeEngine implements Engine {
  readonly clock = { now: () => this.nowMs }
  readonly metrics: Metrics
  readonly catalog = {} as CatalogReader
  readonly modelSet = 'set-1'
  nowMs = Date.UTC(2026, 0, 31, 12)
  notReady: string[] = []

  readonly requests: RecommendationRequest[] = []
  readonly events: JournalEvent[] = []
  readonly levels: AcknowledgementLevel[] = []
  readonly items = new Map<string, Item>()
  readonly users = new Map<string, User>()
  readonly killed: number[] = []
  puts = 0
  private seq = 0

  constructor(metrics: Metrics) {
    this.metrics = metrics
  }

  async recommend(request: RecommendationRequest): Promise<Recommendation> {
    this.requests.push(request)
    const objectives = { click: 0.5, finish: 0.25, positive: Number.NaN, negative: 0.125 }
    return {
      requestId: request.requestId,
      items: [{ id: 'a', score: 1.5, objectives, sources: ['trending'], reason: 'Popular now' }],
      partial: false,
      degraded: null,
      modelSet: this.modelSet,
    }
  }

  async appendEvents(events: readonly JournalEvent[], level: AcknowledgementLevel): Promise<EventResult[]> {
    this.levels.push(level)
    return events.map(event => {
      this.events.push(event)
      return { eventId: event.eventId, status: level, applied: level === 'applied', seq: ++this.seq }
    })
  }

  async putItems(items: readonly Item[]): Promise<PutResult[]> {
    return items.map(item => this.store(this.items, item))
  }

  async deleteItem(id: string): Promise<boolean> {
    return this.items.delete(id)
  }

  getItem(id: string): Item | undefined {
    return this.items.get(id)
  }

  async putUsers(users: readonly User[]): Promise<PutResult[]> {
    return users.map(user => this.store(this.users, user))
  }

  async deleteUser(id: string): Promise<boolean> {
    return this.users.delete(id)
  }

  async getUser(id: string): Promise<User | undefined> {
    return this.users.get(id)
  }

  health(): HealthReport {
    return { state: 'ready', ready: true, reasons: [], actors: [] }
  }

  notReadyReasons(): readonly string[] {
    return this.notReady
  }

  async publishEpoch(): Promise<void> {}

  async snapshot(): Promise<void> {}

  killIndexThread(shard: number): void {
    this.killed.push(shard)
  }

  async stop(): Promise<void> {}

  /** Whether anything reached the engine at all. */
  get untouched(): boolean {
    return this.requests.length + this.events.length + this.puts === 0
  }

  private store<T extends { readonly id: string }>(stored: Map<string, T>, value: T): PutResult {
    this.puts++
    stored.set(value.id, value)
    return { id: value.id, status: 'stored', seq: ++this.seq }
  }
}
