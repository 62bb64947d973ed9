import type { Logger } from '../telemetry/log.ts'
import type { ActorRef } from './actor-ref.ts'
import type { HealthState } from './health.ts'
import type { RestartPolicy } from './strategy.ts'
import type { ActorSystem } from './system.ts'

/** One life of an actor: made by its behaviour, thrown away when it crashes or stops. */
export interface Receiver<M> {
  /**
   * Handles one message, synchronously: an actor that awaits stalls everyone who talks to it.
   * Long work goes out through `context.pipe` and comes back as a message. Throwing is a crash.
   */
  receive(message: M): void
  /** Frees what this life holds; the children have stopped before. Stopping and restarting wait for the promise. */
  stopped?(): void | Promise<void>
}

/** Makes a receiver: at spawn, and again at each restart. */
export type Behaviour<M> = (context: ActorContext<M>) => Receiver<M>

export interface Scheduled {
  cancel(): void
}

/** What an actor can do. Timers, watches and piped promises belong to one life: they end with it. */
export interface ActorContext<M> {
  readonly self: ActorRef<M>
  readonly name: string
  readonly path: string
  readonly system: ActorSystem
  readonly log: Logger
  /** @throws Error when a child has this name, or this actor is stopping */
  spawn<C>(name: string, behaviour: Behaviour<C>, options?: SpawnOptions): ActorRef<C>
  /** Stops this actor after the message in hand; waiting messages become dead letters. */
  stop(): void
  /** Sends `message` to this actor when another has stopped (at once, when it already has). A restart is no stop. */
  watch(ref: ActorRef<never>, message: M): void
  /** Sends `message` to this actor after at least `ms` milliseconds. */
  after(ms: number, message: M): Scheduled
  /** Turns the outcome of a promise into a message to this actor. */
  pipe<T>(promise: Promise<T>, toMessage: (value: T) => M, toFailure: (error: unknown) => M): void
  /** Publishes how well this actor works. An actor that never does is left out of `system.health()`. */
  health(state: HealthState, reason?: string): void
}

export interface SpawnOptions {
  /** Overrides parts of the system's policy. */
  readonly policy?: Partial<RestartPolicy>
  /** Waiting messages beyond this are dead letters. Default: the system's. */
  readonly mailboxDepthMax?: number
  /** 'temporary': a crash just stops it and is nobody's health; for actors that live for one request. */
  readonly lifetime?: 'permanent' | 'temporary'
}
