import type { RoleSet } from './roles.ts'

/** Where and how the person was when it happened. */
export interface EventContext {
  readonly device?: string
  readonly region?: string
  readonly language?: string
}

/** Something a person did, as the outside world states it. */
export interface InteractionEvent {
  /** Counts once within a window per user; assigned by the gateway when the client gives none. */
  readonly eventId: string
  readonly type: string
  readonly user: string
  readonly item: string
  /** For instance a rating, or the share of a title that was watched. */
  readonly value?: number
  /** Epoch milliseconds: the client's time, clamped to the time of receipt. */
  readonly time: number
  /** The feed it came from, when it came from one. */
  readonly requestId?: string
  readonly context?: EventContext
}

/** How far an event must have come before it is acknowledged. */
export const acknowledgementLevels = ['received', 'durable', 'applied'] as const
export type AcknowledgementLevel = (typeof acknowledgementLevels)[number]

/** What happens to one event of a batch; the unit of success is the event, never the batch. */
export type EventResult =
  | {
      readonly eventId: string
      readonly status: AcknowledgementLevel
      readonly applied: boolean
      readonly seq?: number
    }
  | { readonly eventId: string; readonly status: 'duplicate' }
  | { readonly eventId: string; readonly status: 'rejected'; readonly error: EventRejection }

export interface EventRejection {
  readonly code: 'unknown_item' | 'unknown_type' | 'overloaded' | 'storage_failed'
  readonly field?: string
  readonly hint: string
}

/** An event after its type was mapped to roles; what the journal stores and every fold reads. */
export interface JournalEvent extends InteractionEvent {
  readonly roles: RoleSet
  /** Epoch milliseconds of receipt, by the data directory's clock. */
  readonly receivedAt: number
}
