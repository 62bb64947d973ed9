import type { AnyCell } from './cell.ts'
import { actorKind } from './dead-letters.ts'
import { type Decision, decide, type Outcome } from './strategy.ts'

/** What a parent is told when a child's failure is handed to it. */
export class EscalatedError extends Error {
  override readonly name = 'EscalatedError'
  readonly path: string

  constructor(path: string, reason: string, cause: unknown) {
    super(`${path} gave up (${reason}): ${describe(cause)}`, { cause })
    this.path = path
  }
}

/**
 * Acts on the crash of an actor, as `decide` says; one for one, its siblings are not touched.
 *
 * 1. The message during which it crashed is dropped and counted; those that wait stay, in their order.
 * 2. While this runs the actor handles nothing.
 * 3. It never rejects: nobody above would notice.
 */
export async function supervise(cell: AnyCell, error: unknown): Promise<void> {
  const message = cell.takeMessageInHand()
  if (message !== undefined) cell.lose(message, 'crashed')
  if (cell.state !== 'running') {
    cell.log.error({ err: error }, 'an actor crashed while it stopped')
    return
  }
  const decision = decisionFor(cell, error)
  count(cell, decision)
  cell.log.error({ err: error, decision: decision.kind, ...details(decision) }, 'an actor crashed')
  switch (decision.kind) {
    case 'resume':
      cell.resume()
      return
    case 'restart':
      cell.history = decision.history
      await restart(cell, decision.delayMs, error)
      return
    case 'stop':
      await giveUp(cell, decision.reason, error)
      return
    case 'escalate':
      await escalate(cell, decision.reason, error)
      return
    default:
      decision satisfies never
  }
}

function decisionFor(cell: AnyCell, error: unknown): Decision {
  if (cell.lifetime === 'temporary') return { kind: 'stop', reason: 'it is temporary' }
  const atMs = cell.parts.monotonic.ms()
  const failure = {
    outcome: classify(cell, error),
    atMs,
    upMs: atMs - cell.startedAtMs,
    starting: !cell.hasStarted,
  }
  return decide(cell.policy, cell.history, failure, cell.parts.random.next())
}

function classify(cell: AnyCell, error: unknown): Outcome {
  try {
    return cell.policy.classify(error)
  } catch (fault) {
    cell.log.error({ err: fault }, 'the classification of a crash failed')
    return 'fatal'
  }
}

async function restart(cell: AnyCell, delayMs: number, error: unknown): Promise<void> {
  cell.state = 'backoff'
  cell.health('degraded', `restarting after: ${describe(error)}`)
  const ending = cell.endLife()
  if (ending !== undefined) await ending
  if (isInBackoff(cell)) await backoff(cell, delayMs)
  // It may have been stopped in the meantime.
  if (isInBackoff(cell)) cell.startLife()
}

function backoff(cell: AnyCell, delayMs: number): Promise<void> {
  return new Promise(resolve => {
    const { deadlines } = cell.parts
    const deadline = deadlines.after(delayMs, () => cell.endBackoff?.())
    cell.endBackoff = () => {
      deadlines.cancel(deadline)
      cell.endBackoff = undefined
      resolve()
    }
  })
}

/** A permanent actor that is given up stays in the health report, until one of its name is spawned again. */
async function giveUp(cell: AnyCell, reason: string, error: unknown): Promise<void> {
  await cell.terminate()
  if (cell.lifetime === 'permanent') cell.health('failed', `${reason}: ${describe(error)}`)
}

async function escalate(cell: AnyCell, reason: string, error: unknown): Promise<void> {
  const { parent } = cell
  const escalated = new EscalatedError(cell.path, reason, error)
  const isTop = parent?.parent === undefined
  if (isTop) {
    await giveUp(cell, reason, error)
    cell.parts.onFailure(escalated)
  } else {
    await cell.terminate()
    parent.fail(escalated)
  }
}

function count(cell: AnyCell, decision: Decision): void {
  const labels = { actor: actorKind(cell.path), decision: decision.kind }
  cell.parts.metrics.counter('sluice_actor_crashes_total', 'Crashes of actors', labels).add()
}

function details(decision: Decision): object {
  if (decision.kind === 'restart') return { delayMs: Math.round(decision.delayMs), attempt: decision.history.attempt }
  return 'reason' in decision ? { reason: decision.reason } : {}
}

/** A function, because the compiler does not see that an await may have changed the state. */
function isInBackoff(cell: AnyCell): boolean {
  return cell.state === 'backoff'
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
