import { type ChildProcess, fork } from 'node:child_process'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Settings } from '../config/settings.ts'
import { settingsText } from '../funnel/fragments.ts'
import type { Manifest } from '../models/artefact/artefact-manifest.ts'
import type { Progress } from '../telemetry/progress.ts'
import { trainerFragments } from './settings.ts'
import type { FromTrainer, TrainerOrder } from './trainer-messages.ts'

export interface ChildTrainingOptions extends Omit<TrainerOrder, 'settings'> {
  readonly settings: Settings
  readonly progress: Progress
}

export interface ChildTraining {
  /** @throws TrainingFailed, TrainingCancelled */
  readonly result: Promise<Manifest>
  /** Ends the trainer; nothing of the model set stays behind. */
  cancel(): void
}

/** The trainer said why, under `cause` the name of its error. */
export class TrainingFailed extends Error {
  override readonly name = 'TrainingFailed'
  readonly reason: string

  constructor(reason: string, message: string) {
    super(message)
    this.reason = reason
  }
}

export class TrainingCancelled extends Error {
  override readonly name = 'TrainingCancelled'

  constructor() {
    super('The training was cancelled; the promoted model set stays.')
  }
}

/**
 * Trains in a process of its own at low priority: training in a thread beside the server stalled its main thread by up
 * to a tenth of a second. The journal is only read, so a server may go on writing it.
 */
export function trainInChild({ settings, progress, ...order }: ChildTrainingOptions): ChildTraining {
  const child = fork(new URL('./run-trainer.ts', import.meta.url), {
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  let cancelled = false
  child.send({ ...order, settings: settingsText(settings, trainerFragments) } satisfies TrainerOrder)
  return {
    result: outcomeOf(child, progress, () => cancelled).finally(() =>
      cancelled ? removeUnfinished(order.modelsRoot) : undefined,
    ),
    cancel() {
      cancelled = true
      child.kill('SIGKILL')
    },
  }
}

function outcomeOf(child: ChildProcess, progress: Progress, isCancelled: () => boolean): Promise<Manifest> {
  return new Promise((resolve, reject) => {
    child.on('message', (message: FromTrainer) => {
      switch (message.type) {
        case 'step':
          return progress.step(message.name, message.total)
        case 'advance':
          return progress.advance(message.count)
        case 'done':
          return progress.done()
        case 'trained':
          return resolve(message.manifest)
        case 'failed':
          return reject(new TrainingFailed(message.name, message.message))
        default:
          message satisfies never
      }
    })
    child.on('error', error => reject(new TrainingFailed(error.name, error.message)))
    child.on('exit', (code, signal) => {
      if (isCancelled()) reject(new TrainingCancelled())
      else reject(new TrainingFailed('exit', `the trainer ended without a result (${signal ?? `exit code ${code}`})`))
    })
  })
}

/** Artefacts are written under a hidden name until they are whole. */
async function removeUnfinished(modelsRoot: string): Promise<void> {
  const names = await readdir(modelsRoot).catch(() => [])
  const unfinished = names.filter(name => name.startsWith('.') && name.endsWith('.tmp'))
  await Promise.all(unfinished.map(name => rm(join(modelsRoot, name), { recursive: true, force: true })))
}
