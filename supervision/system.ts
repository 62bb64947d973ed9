import type { Clock, MonotonicClock, Random } from '../domain/ports.ts'
import type { Logger } from '../telemetry/log.ts'
import type { Metrics, Observation } from '../telemetry/metrics.ts'
import type { ActorRef } from './actor-ref.ts'
import { Asks } from './ask.ts'
import type { Behaviour, SpawnOptions } from './behaviour.ts'
import { ActorCell, type AnyCell } from './cell.ts'
import { actorKind, DeadLetters } from './dead-letters.ts'
import { Deadlines, systemTimers, type Timers } from './deadline.ts'
import { HealthBoard, type HealthReport } from './health.ts'
import { type NactRef, startNact, stopNact } from './nact.ts'
import type { RestartPolicy } from './strategy.ts'
import type { EscalatedError } from './supervisor.ts'

export interface SystemOptions {
  readonly name: string
  readonly clock: Clock
  readonly monotonic: MonotonicClock
  /** For the jitter of backoffs. */
  readonly random: Random
  readonly log: Logger
  readonly metrics: Metrics
  /** For actors that do not bring their own. */
  readonly policy: RestartPolicy
  /** Waiting messages beyond this are dead letters, for actors that do not bring their own bound. */
  readonly mailboxDepthMax: number
  readonly timers?: Timers
  /** An actor at the top gave up with an error that it may not keep to itself: the process should end in good order. */
  readonly onFailure: (error: EscalatedError) => void
}

export interface ActorSystem {
  readonly name: string
  readonly clock: Clock
  readonly monotonic: MonotonicClock
  readonly deadlines: Deadlines
  readonly deadLetters: DeadLetters
  readonly asks: Asks
  /** Spawns an actor at the top of the tree. */
  spawn<M>(name: string, behaviour: Behaviour<M>, options?: SpawnOptions): ActorRef<M>
  health(): HealthReport
  /** Stops all actors, the last spawned first, and fails the questions that are still open. */
  stop(): Promise<void>
}

/** What cells share. */
export interface SystemParts {
  readonly system: ActorSystem
  readonly nact: NactRef
  readonly monotonic: MonotonicClock
  readonly random: Random
  readonly log: Logger
  readonly metrics: Metrics
  readonly policy: RestartPolicy
  readonly mailboxDepthMax: number
  readonly deadlines: Deadlines
  readonly deadLetters: DeadLetters
  readonly board: HealthBoard
  readonly onFailure: (error: EscalatedError) => void
}

export function createSystem(options: SystemOptions): ActorSystem {
  const { name, clock, monotonic, random, log, metrics, policy, mailboxDepthMax, onFailure } = options
  const deadlines = new Deadlines(monotonic, options.timers ?? systemTimers)
  const deadLetters = new DeadLetters(clock, metrics)
  const asks = new Asks(deadlines, deadLetters, metrics)
  const board = new HealthBoard(clock)
  const nact = startNact()
  const system: ActorSystem = {
    name,
    clock,
    monotonic,
    deadlines,
    deadLetters,
    asks,
    spawn: (child, behaviour, spawnOptions) => root.spawn(child, behaviour, spawnOptions),
    health: () => board.report(),
    async stop() {
      await root.terminate()
      asks.failAll()
      stopNact(nact)
    },
  }
  const parts: SystemParts = {
    system,
    nact,
    monotonic,
    random,
    log,
    metrics,
    policy,
    mailboxDepthMax,
    deadlines,
    deadLetters,
    board,
    onFailure,
  }
  const root = new ActorCell<unknown>(parts, undefined, 'root', () => ({ receive() {} }), {})
  observe(metrics, root)
  return system
}

/**
 * Spawns a child of an actor from outside of it, so that the parent of many needs no message per child.
 *
 * @throws Error when the parent is not running or has a child of this name
 */
export function spawn<M>(
  parent: ActorRef<never>,
  name: string,
  behaviour: Behaviour<M>,
  options?: SpawnOptions,
): ActorRef<M> {
  if (!(parent instanceof ActorCell))
    throw new TypeError(`'${parent.path}' is not an actor and can not spawn '${name}'`)
  return parent.spawn(name, behaviour, options)
}

/** Stops an actor and all below it; resolves when that is done. A reference that is no actor has nothing to stop. */
export function stop(ref: ActorRef<never>): Promise<void> {
  return ref instanceof ActorCell ? ref.terminate() : Promise.resolve()
}

/** Messages that wait for an actor: what admission looks at. */
export function mailboxDepth(ref: ActorRef<never>): number {
  return ref instanceof ActorCell ? ref.mailboxDepth : 0
}

function observe(metrics: Metrics, root: AnyCell): void {
  metrics.observe('gauge', 'sluice_actors', 'Living actors', () => sumByKind(root, () => 1))
  metrics.observe('gauge', 'sluice_mailbox_messages', 'Messages that wait for an actor', () =>
    sumByKind(root, cell => cell.mailboxDepth),
  )
}

function sumByKind(root: AnyCell, measure: (cell: AnyCell) => number): Observation[] {
  const sums = new Map<string, number>()
  const visit = (cell: AnyCell) => {
    const kind = actorKind(cell.path)
    if (cell !== root) sums.set(kind, (sums.get(kind) ?? 0) + measure(cell))
    for (const child of cell.children.values()) visit(child)
  }
  visit(root)
  return [...sums].map(([actor, value]) => ({ labels: { actor }, value }))
}
