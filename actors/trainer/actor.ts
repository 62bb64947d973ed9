/**
 * Continuous training.
 *
 * 1. One training at a time, `continuous.intervalMs` apart, and only when `continuous.recordsMin` records have come since
 *    the last one looked.
 * 2. A training that fails, or whose model set does not pass the gates, changes nothing: the present set stays, and the
 *    next round tries again.
 * 3. Stopping ends a training under way.
 */
import type { SettingsOf } from '../../config/fragment.ts'
import { tell } from '../../supervision/actor-ref.ts'
import type { ActorContext, Behaviour, Receiver } from '../../supervision/behaviour.ts'
import type { TrainerMessage, TrainingOutcome } from './protocol.ts'
import type { continuousSettings } from './settings.ts'

export interface RunningTraining {
  readonly outcome: Promise<TrainingOutcome>
  cancel(): void
}

export interface TrainerParts {
  readonly settings: SettingsOf<typeof continuousSettings>
  /** The newest durable journal record. */
  readonly lastSeq: () => number
  /** The last record that the promoted model set has seen; 0 without one. */
  readonly trainedThrough: () => Promise<number>
  /** Trains on everything up to that record, judges and, if it may, promotes. */
  readonly train: (toSeq: number) => RunningTraining
}

export function trainerActor(parts: TrainerParts): Behaviour<TrainerMessage> {
  return context => new TrainerActor(context, parts)
}

class TrainerActor implements Receiver<TrainerMessage> {
  private readonly context: ActorContext<TrainerMessage>
  private readonly parts: TrainerParts
  private running: RunningTraining | null = null
  /** Null until the promoted set has said how far it was trained. */
  private seenThrough: number | null = null

  constructor(context: ActorContext<TrainerMessage>, parts: TrainerParts) {
    this.context = context
    this.parts = parts
    context.health('ready')
    if (parts.settings.enabled) tell(context.self, { type: 'look' })
  }

  receive(message: TrainerMessage): void {
    switch (message.type) {
      case 'look':
        return this.look()
      case 'promoted-read':
        this.seenThrough = message.toSeq
        return this.look()
      case 'trained':
        return this.trained(message.outcome)
      case 'training-failed':
        return this.failed(message.reason)
      default:
        message satisfies never
    }
  }

  stopped(): void {
    this.running?.cancel()
  }

  private look(): void {
    const { train, trainedThrough, lastSeq, settings } = this.parts
    if (this.seenThrough === null) {
      return this.context.pipe(
        trainedThrough(),
        toSeq => ({ type: 'promoted-read', toSeq }),
        error => ({ type: 'training-failed', reason: `the promoted model set cannot be read: ${error}` }),
      )
    }
    const toSeq = lastSeq()
    if (toSeq - this.seenThrough < settings.recordsMin) return this.lookLater()
    this.context.log.info({ records: toSeq - this.seenThrough }, 'training on what has happened since')
    const training = train(toSeq)
    this.running = training
    this.context.pipe(
      training.outcome,
      outcome => ({ type: 'trained', outcome }),
      error => ({ type: 'training-failed', reason: error instanceof Error ? error.message : String(error) }),
    )
  }

  private trained({ modelSet, toSeq, promoted, reasons }: TrainingOutcome): void {
    this.running = null
    this.seenThrough = toSeq
    if (promoted) this.context.log.info({ modelSet }, 'a new model set passed the gates and was promoted')
    else this.context.log.warn({ modelSet, reasons }, 'a new model set did not pass the gates; the present one stays')
    this.context.health('ready')
    this.lookLater()
  }

  private failed(reason: string): void {
    this.running = null
    this.context.log.error({ reason }, 'training failed; the present model set stays')
    this.context.health('degraded', `the last training failed: ${reason}`)
    this.lookLater()
  }

  private lookLater(): void {
    this.context.after(this.parts.settings.intervalMs, { type: 'look' })
  }
}
