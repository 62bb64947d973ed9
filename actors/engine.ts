import type { CatalogReader } from '../domain/catalog-reader.ts'
import type { AcknowledgementLevel, EventResult, JournalEvent } from '../domain/event.ts'
import type { Item } from '../domain/item.ts'
import type { Clock } from '../domain/ports.ts'
import type { Recommendation, RecommendationRequest } from '../domain/recommendation.ts'
import type { User } from '../domain/user.ts'
import type { HealthReport } from '../supervision/health.ts'
import type { Metrics } from '../telemetry/metrics.ts'

/** The running system as doors and commands see it; `tree.ts` builds it. */
export interface Engine {
  readonly clock: Clock
  readonly metrics: Metrics
  readonly catalog: CatalogReader
  /** The id of the model set that new requests are served with, null before the first. */
  readonly modelSet: string | null

  /** @throws EngineError `overloaded`, `deadline`, `not_ready` or `internal` */
  recommend(request: RecommendationRequest): Promise<Recommendation>

  /**
   * Journals events whose type has been mapped to roles; one result per event, in order. An unknown item is that
   * event's error. Resolves once each event has come as far as `level`, or says how far it came within the limit.
   */
  appendEvents(events: readonly JournalEvent[], level: AcknowledgementLevel): Promise<EventResult[]>

  /** Durable and visible when resolved. One result per item: an item that cannot be taken does not hold up the others. */
  putItems(items: readonly Item[]): Promise<PutResult[]>
  /** False when there is no such item. */
  deleteItem(id: string): Promise<boolean>
  getItem(id: string): Item | undefined

  putUsers(users: readonly User[]): Promise<PutResult[]>
  /** Forgets the profile and the history. False when nothing is known of the person. */
  deleteUser(id: string): Promise<boolean>
  getUser(id: string): Promise<User | undefined>

  health(): HealthReport
  /** Why the engine cannot serve yet; empty when it can. */
  notReadyReasons(): readonly string[]

  /** Publishes the counters' epoch now, instead of when it is due. For imports and evaluation, which run in data time. */
  publishEpoch(): Promise<void>
  /** Writes everything that restarting would otherwise fold again. */
  snapshot(): Promise<void>
  /** Ends one index thread the way a defect would. @throws EngineError `not_allowed` unless faults are switched on */
  killIndexThread(shard: number): void
  stop(): Promise<void>
}

export type PutResult =
  | { readonly id: string; readonly status: 'stored'; readonly seq: number }
  | {
      readonly id: string
      readonly status: 'rejected'
      readonly code: string
      readonly field?: string
      readonly hint: string
    }

export type EngineErrorCode = 'overloaded' | 'deadline' | 'not_ready' | 'not_allowed' | 'storage_failed' | 'internal'

export class EngineError extends Error {
  override readonly name = 'EngineError'
  readonly code: EngineErrorCode

  constructor(code: EngineErrorCode, message: string) {
    super(message)
    this.code = code
  }
}
