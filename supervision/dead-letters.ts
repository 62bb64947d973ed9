import type { Clock } from '../domain/ports.ts'
import type { Counter, Metrics } from '../telemetry/metrics.ts'

/**
 * - `stopped`: the actor had stopped, or stopped before its turn came
 * - `overflow`: its mailbox was full
 * - `crashed`: the actor crashed while handling it
 * - `late`: a reply to a question that had its answer or its timeout
 * - `stale`: the outcome of a promise that an earlier life of the actor had piped to itself
 */
export type DeadLetterReason = 'stopped' | 'overflow' | 'crashed' | 'late' | 'stale'

/** Names what was lost; the content is not kept, because it may be about a person. */
export interface DeadLetter {
  /** Epoch milliseconds. */
  readonly at: number
  readonly path: string
  readonly type: string
  readonly reason: DeadLetterReason
}

export interface DeadLetterCount {
  /** The actor's name without a number at its end: `request` for `request-4711`. */
  readonly actor: string
  readonly type: string
  readonly reason: DeadLetterReason
  readonly count: number
}

interface Tally {
  readonly actor: string
  readonly type: string
  readonly reason: DeadLetterReason
  readonly counter: Counter
}

/** A protocol error can invent message types: counts beyond so many kinds go to one called `other`. */
const kindsMax = 512

const samplesMax = 100

/**
 * Messages that nobody handled.
 *
 * 1. Every one is counted, whatever is forgotten of it.
 * 2. Counts and samples are bounded.
 */
export class DeadLetters {
  total = 0
  private readonly tallies = new Map<string, Tally>()
  private readonly ring: DeadLetter[] = []
  private readonly clock: Clock
  private readonly metrics: Metrics

  constructor(clock: Clock, metrics: Metrics) {
    this.clock = clock
    this.metrics = metrics
  }

  record(path: string, type: string, reason: DeadLetterReason): void {
    this.ring[this.total % samplesMax] = { at: this.clock.now(), path, type, reason }
    this.total++
    this.tally(actorKind(path), type, reason).counter.value++
  }

  counts(): DeadLetterCount[] {
    return [...this.tallies.values()].map(({ counter, ...kind }) => ({ ...kind, count: counter.value }))
  }

  /** The most recent ones, oldest first. */
  samples(): DeadLetter[] {
    const oldest = this.total > samplesMax ? this.total % samplesMax : 0
    return [...this.ring.slice(oldest), ...this.ring.slice(0, oldest)]
  }

  private tally(actor: string, type: string, reason: DeadLetterReason): Tally {
    const key = `${actor} ${type} ${reason}`
    const known = this.tallies.get(key)
    if (known !== undefined) return known
    if (this.tallies.size >= kindsMax && actor !== 'other') return this.tally('other', 'other', reason)
    const help = 'Messages that no actor handled'
    const counter = this.metrics.counter('sluice_dead_letters_total', help, { actor, type, reason })
    const tally = { actor, type, reason, counter }
    this.tallies.set(key, tally)
    return tally
  }
}

/** The last name of a path without a number at its end, so that numbered actors share one label. */
export function actorKind(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1).replace(/[-_.:]?\d+$/, '') || 'actor'
}

export function messageType(message: unknown): string {
  const type = typeof message === 'object' && message !== null && 'type' in message ? message.type : undefined
  return typeof type === 'string' ? type : typeof message
}
