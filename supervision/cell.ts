import type { Logger } from '../telemetry/log.ts'
import { type ActorRef, deliver } from './actor-ref.ts'
import { failLostQuestion } from './ask.ts'
import type { ActorContext, Behaviour, Receiver, Scheduled, SpawnOptions } from './behaviour.ts'
import { type DeadLetterReason, messageType } from './dead-letters.ts'
import type { Deadline } from './deadline.ts'
import type { HealthState } from './health.ts'
import { Mailbox } from './mailbox.ts'
import { type NactRef, requestTurn, spawnNact, stopNact } from './nact.ts'
import { noRestarts, type RestartHistory, type RestartPolicy } from './strategy.ts'
import { supervise } from './supervisor.ts'
import type { ActorSystem, SystemParts } from './system.ts'

// biome-ignore lint/suspicious/noExplicitAny: the tree holds actors of all protocols.
export type AnyCell = ActorCell<any>

interface Watch {
  readonly target: AnyCell
  readonly watcher: AnyCell
  readonly message: unknown
}

/** Messages per turn: enough to spread the cost of a turn in nact, few enough to leave the event loop to others. */
const turnMessagesMax = 64
/** A turn that has taken this long ends with the message in hand, though more wait. */
const turnMs = 4

/**
 * One actor: its mailbox, its present life, and its place in the tree.
 *
 * 1. Messages are handled one at a time, in the order of their arrival, across restarts too.
 * 2. Every message is handled once, or becomes a dead letter once.
 * 3. Only a running actor handles messages; one in backoff collects them up to the bound of its mailbox.
 * 4. Timers, watches and piped promises of a life have no effect after it.
 * 5. Children stop before their parent, the last spawned first.
 */
export class ActorCell<M> implements ActorContext<M>, ActorRef<M> {
  readonly name: string
  readonly path: string
  readonly parent: AnyCell | undefined
  readonly parts: SystemParts
  readonly lifetime: 'permanent' | 'temporary'
  readonly policy: RestartPolicy
  state: 'running' | 'backoff' | 'stopping' | 'stopped' = 'running'
  history: RestartHistory = noRestarts
  startedAtMs = 0
  /** Ends the wait of a backoff before its time. */
  endBackoff: (() => void) | undefined
  readonly children = new Map<string, AnyCell>()

  private readonly behaviour: Behaviour<M>
  private readonly mailbox = new Mailbox<M>()
  private readonly mailboxDepthMax: number
  private readonly nact: NactRef
  private receiver: Receiver<M> | undefined
  private life = 0
  private turnRequested = false
  private failure: { readonly error: unknown } | undefined
  private inHand: M | undefined
  private termination: Promise<void> | undefined
  private timers: Set<Deadline> | undefined
  private watching: Watch[] | undefined
  private watchers: Set<Watch> | undefined
  private ownLog: Logger | undefined

  constructor(
    parts: SystemParts,
    parent: AnyCell | undefined,
    name: string,
    behaviour: Behaviour<M>,
    options: SpawnOptions,
  ) {
    this.parts = parts
    this.parent = parent
    this.name = name
    this.path = parent === undefined ? '' : `${parent.path}/${name}`
    this.behaviour = behaviour
    this.lifetime = options.lifetime ?? 'permanent'
    this.policy = options.policy === undefined ? parts.policy : { ...parts.policy, ...options.policy }
    this.mailboxDepthMax = options.mailboxDepthMax ?? parts.mailboxDepthMax
    this.nact = spawnNact(
      parent?.nact ?? parts.nact,
      name,
      () => this.takeTurn(),
      error => supervise(this, error),
    )
    parent?.children.set(name, this)
    this.startLife()
  }

  get self(): ActorRef<M> {
    return this
  }

  get system(): ActorSystem {
    return this.parts.system
  }

  get log(): Logger {
    this.ownLog ??= this.parts.log.child({ actor: this.path })
    return this.ownLog
  }

  get mailboxDepth(): number {
    return this.mailbox.length
  }

  get hasStarted(): boolean {
    return this.receiver !== undefined
  }

  [deliver](message: M): void {
    if (this.state === 'stopping' || this.state === 'stopped') this.lose(message, 'stopped')
    else if (this.mailbox.length >= this.mailboxDepthMax) this.lose(message, 'overflow')
    else {
      this.mailbox.push(message)
      if (this.state === 'running') this.requestTurn()
    }
  }

  spawn<C>(name: string, behaviour: Behaviour<C>, options: SpawnOptions = {}): ActorRef<C> {
    if (this.state !== 'running') throw new Error(`'${this.path}' is ${this.state} and can not spawn '${name}'`)
    if (this.children.has(name)) throw new Error(`'${this.path}' has a child '${name}' already`)
    return new ActorCell(this.parts, this, name, behaviour, options)
  }

  stop(): void {
    this.terminate()
  }

  watch(ref: ActorRef<never>, message: M): void {
    if (!(ref instanceof ActorCell)) return
    if (ref.state === 'stopped') {
      this[deliver](message)
      return
    }
    const watch = { target: ref, watcher: this, message }
    ref.watchers ??= new Set()
    ref.watchers.add(watch)
    this.watching ??= []
    this.watching.push(watch)
  }

  after(ms: number, message: M): Scheduled {
    const deadline = this.parts.deadlines.after(ms, () => {
      this.timers?.delete(deadline)
      this[deliver](message)
    })
    this.timers ??= new Set()
    this.timers.add(deadline)
    return {
      cancel: () => {
        this.timers?.delete(deadline)
        this.parts.deadlines.cancel(deadline)
      },
    }
  }

  pipe<T>(promise: Promise<T>, toMessage: (value: T) => M, toFailure: (error: unknown) => M): void {
    const { life } = this
    const settle = (makeMessage: () => M) => {
      if (this.life !== life) {
        this.parts.deadLetters.record(this.path, 'piped', 'stale')
        return
      }
      try {
        this[deliver](makeMessage())
      } catch (error) {
        this.fail(error)
      }
    }
    promise.then(
      value => settle(() => toMessage(value)),
      error => settle(() => toFailure(error)),
    )
  }

  health(state: HealthState, reason?: string): void {
    this.parts.board.publish(this.path, state, reason)
  }

  /** Starts a life. A behaviour that throws is a crash like any other, met in the next turn. */
  startLife(): void {
    this.state = 'running'
    this.startedAtMs = this.parts.monotonic.ms()
    this.parts.board.clear(this.path)
    try {
      this.receiver = this.behaviour(this)
    } catch (error) {
      this.fail(error)
    }
    if (this.mailbox.length > 0) this.requestTurn()
  }

  /** Goes on with the same life after a crash. */
  resume(): void {
    if (this.mailbox.length > 0) this.requestTurn()
  }

  /** Ends the present life, children first; undefined when there is nothing to wait for. */
  endLife(): Promise<void> | undefined {
    this.life++
    this.failure = undefined
    for (const deadline of this.timers ?? []) this.parts.deadlines.cancel(deadline)
    for (const watch of this.watching ?? []) watch.target.watchers?.delete(watch)
    this.timers = undefined
    this.watching = undefined
    const { receiver } = this
    this.receiver = undefined
    if (this.children.size === 0 && receiver?.stopped === undefined) return undefined
    return this.endChildrenAnd(receiver)
  }

  /** Crashes this actor for a reason that lies outside of a message. */
  fail(error: unknown): void {
    if (this.state !== 'running') return
    this.failure ??= { error }
    this.requestTurn()
  }

  /** The message during which a crash came, once. */
  takeMessageInHand(): M | undefined {
    const message = this.inHand
    this.inHand = undefined
    return message
  }

  lose(message: M, reason: DeadLetterReason & ('stopped' | 'overflow' | 'crashed')): void {
    this.parts.deadLetters.record(this.path, messageType(message), reason)
    failLostQuestion(message, reason)
  }

  /** Stops this actor and everything below it; the same promise for every caller. */
  terminate(): Promise<void> {
    this.termination ??= this.terminateOnce()
    return this.termination
  }

  private async terminateOnce(): Promise<void> {
    this.state = 'stopping'
    this.endBackoff?.()
    // Called from within `receive` or the behaviour, that is finished first.
    await undefined
    const ending = this.endLife()
    if (ending !== undefined) await ending
    this.state = 'stopped'
    for (let message = this.mailbox.shift(); message !== undefined; message = this.mailbox.shift()) {
      this.lose(message, 'stopped')
    }
    stopNact(this.nact)
    this.parent?.children.delete(this.name)
    this.parts.board.clear(this.path)
    for (const { watcher, message } of this.watchers ?? []) watcher[deliver](message)
    this.watchers = undefined
  }

  private async endChildrenAnd(receiver: Receiver<M> | undefined): Promise<void> {
    for (const child of [...this.children.values()].reverse()) await child.terminate()
    try {
      await receiver?.stopped?.()
    } catch (error) {
      this.log.error({ err: error }, 'an actor failed while it stopped')
    }
  }

  private requestTurn(): void {
    if (this.turnRequested) return
    this.turnRequested = true
    requestTurn(this.nact)
  }

  private takeTurn(): void {
    this.turnRequested = false
    // What an actor tells itself is for its next turn: work in slices leaves the event loop to others in between.
    const waiting = Math.min(this.mailbox.length, turnMessagesMax)
    const startedAt = this.parts.monotonic.ms()
    for (let handled = 0; handled < waiting; handled++) {
      if (this.state !== 'running') return
      this.throwFailure()
      if (handled > 0 && this.parts.monotonic.ms() - startedAt >= turnMs) break
      const message = this.mailbox.shift()
      if (message === undefined) return
      this.inHand = message
      const result: unknown = this.receiver!.receive(message)
      if (result instanceof Promise) throw awaitingActor(this.path, message, result)
      this.inHand = undefined
    }
    if (this.state !== 'running') return
    this.throwFailure()
    if (this.mailbox.length > 0) this.requestTurn()
  }

  private throwFailure(): void {
    const { failure } = this
    this.failure = undefined
    if (failure !== undefined) throw failure.error
  }
}

function awaitingActor(path: string, message: unknown, promise: Promise<unknown>): Error {
  promise.catch(() => {})
  const error = new TypeError(`${path} returned a promise from receive('${messageType(message)}'): use context.pipe`)
  return Object.assign(error, { outcome: 'fatal' })
}
