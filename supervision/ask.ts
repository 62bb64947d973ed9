import type { Counter, Metrics } from '../telemetry/metrics.ts'
import { type ActorRef, type Askable, type AskOf, deliver, type Question, type ReplyOf } from './actor-ref.ts'
import type { DeadLetters } from './dead-letters.ts'
import type { Deadline, Deadlines } from './deadline.ts'
import type { ActorSystem } from './system.ts'

/** `stopped`, `overflow`, `crashed`: the question became a dead letter; `system stopped`: nobody is left to answer. */
export type AskFailure = 'timeout' | 'stopped' | 'overflow' | 'crashed' | 'system stopped'

/** A question that got no answer. */
export class AskError extends Error {
  override readonly name = 'AskError'
  readonly reason: AskFailure
  readonly path: string
  readonly question: string

  constructor(reason: AskFailure, path: string, question: string, detail = '') {
    super(`'${question}' to ${path} was not answered: ${reason}${detail}`)
    this.reason = reason
    this.path = path
    this.question = question
  }
}

/**
 * Asks an actor and waits for one reply. For callers that are not actors, and for actors together with `pipe`.
 *
 * @throws AskError (rejects) when no reply came within `timeoutMs`, or as soon as it is known that none will come
 */
export function ask<M, const T extends Askable<M>['type']>(
  system: ActorSystem,
  ref: ActorRef<M>,
  question: Question<M, T>,
  timeoutMs: number,
): Promise<ReplyOf<AskOf<M, T>>> {
  return system.asks.ask(ref as ActorRef<unknown>, question, timeoutMs) as Promise<ReplyOf<AskOf<M, T>>>
}

/**
 * Questions that wait for their answer.
 *
 * 1. Every question has a reply reference of its own, under a number that is never used twice: an answer can not reach
 *    another asker.
 * 2. A question is settled exactly once: by its first reply, its timeout, its loss, or the stop of the system. What
 *    comes later is a dead letter.
 */
export class Asks {
  private readonly pending = new Map<number, PendingAsk>()
  private readonly deadlines: Deadlines
  private readonly deadLetters: DeadLetters
  private readonly timeouts: Counter
  private nextId = 1

  constructor(deadlines: Deadlines, deadLetters: DeadLetters, metrics: Metrics) {
    this.deadlines = deadlines
    this.deadLetters = deadLetters
    this.timeouts = metrics.counter('sluice_ask_timeouts_total', 'Questions to actors that were not answered in time')
    metrics.observe('gauge', 'sluice_asks_pending', 'Questions to actors that wait for an answer', () => this.size)
  }

  get size(): number {
    return this.pending.size
  }

  ask(ref: ActorRef<unknown>, question: { readonly type: string }, timeoutMs: number): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const pending = new PendingAsk(this, this.nextId++, ref.path, question.type, resolve, reject)
      this.pending.set(pending.id, pending)
      pending.deadline = this.deadlines.after(timeoutMs, () => {
        this.timeouts.value++
        this.fail(pending, 'timeout', ` within ${timeoutMs} ms`)
      })
      ref[deliver]({ ...question, replyTo: pending })
    })
  }

  settle(pending: PendingAsk, reply: unknown): void {
    if (this.close(pending)) pending.resolve(reply)
    else this.deadLetters.record(pending.path, pending.question, 'late')
  }

  fail(pending: PendingAsk, reason: AskFailure, detail = ''): void {
    if (this.close(pending)) pending.reject(new AskError(reason, pending.askedPath, pending.question, detail))
  }

  failAll(): void {
    for (const pending of [...this.pending.values()]) this.fail(pending, 'system stopped')
  }

  private close(pending: PendingAsk): boolean {
    if (!this.pending.delete(pending.id)) return false
    if (pending.deadline !== undefined) this.deadlines.cancel(pending.deadline)
    return true
  }
}

/** The reply reference of one question. */
export class PendingAsk implements ActorRef<unknown> {
  readonly path = 'ask'
  readonly id: number
  readonly askedPath: string
  readonly question: string
  readonly resolve: (reply: unknown) => void
  readonly reject: (error: AskError) => void
  deadline: Deadline | undefined
  private readonly asks: Asks

  constructor(
    asks: Asks,
    id: number,
    askedPath: string,
    question: string,
    resolve: (reply: unknown) => void,
    reject: (error: AskError) => void,
  ) {
    this.asks = asks
    this.id = id
    this.askedPath = askedPath
    this.question = question
    this.resolve = resolve
    this.reject = reject
  }

  [deliver](reply: unknown): void {
    this.asks.settle(this, reply)
  }

  /** The question is lost: no answer will come. */
  lost(reason: 'stopped' | 'overflow' | 'crashed'): void {
    this.asks.fail(this, reason)
  }
}

/** When a message is lost that was a question by `ask`, the asker learns it at once. */
export function failLostQuestion(message: unknown, reason: 'stopped' | 'overflow' | 'crashed'): void {
  const isObject = typeof message === 'object' && message !== null
  if (isObject && 'replyTo' in message && message.replyTo instanceof PendingAsk) message.replyTo.lost(reason)
}
