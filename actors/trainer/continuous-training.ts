import type { Settings } from '../../config/settings.ts'
import { systemClock } from '../../domain/ports.ts'
import { mayPromote } from '../../learning/gates/may-promote.ts'
import { trainInChild } from '../../learning/trainer-process.ts'
import { promote, readManifest, readPromoted } from '../../models/artefact/artefact.ts'
import { pruneArtefacts } from '../../models/artefact/prune.ts'
import { silentProgress } from '../../telemetry/progress.ts'
import { catalogSettings } from '../catalog/settings.ts'
import type { RunningTraining } from './actor.ts'
import type { TrainingOutcome } from './protocol.ts'
import { continuousSettings } from './settings.ts'

/** Trains in a process of its own at low priority, and moves the pointer where the gates let the set pass. */
export class ContinuousTraining {
  private readonly settings: Settings
  private readonly journalRoot: string
  private readonly modelsRoot: string

  constructor(settings: Settings, journalRoot: string, modelsRoot: string) {
    this.settings = settings
    this.journalRoot = journalRoot
    this.modelsRoot = modelsRoot
  }

  /** The last journal record that the promoted set has seen; 0 without one. */
  async trainedThrough(): Promise<number> {
    const id = await readPromoted(this.modelsRoot)
    return id === null ? 0 : (await readManifest(this.modelsRoot, id)).dataRange.toSeq
  }

  /** The seed follows from where the journal stands: the same records train the same set. */
  train(toSeq: number): RunningTraining {
    const { settings, modelsRoot } = this
    const training = trainInChild({
      journal: this.journalRoot,
      modelsRoot,
      settings,
      limits: settings.of(catalogSettings),
      seed: toSeq,
      createdAt: systemClock.now(),
      toSeq,
      progress: silentProgress,
    })
    return { outcome: this.promoted(training.result, toSeq), cancel: () => training.cancel() }
  }

  private async promoted(result: ReturnType<typeof trainInChild>['result'], toSeq: number): Promise<TrainingOutcome> {
    const manifest = await result
    const { id, gate } = manifest
    const mayPass = mayPromote(manifest, await readPromoted(this.modelsRoot))
    if (mayPass) await promote(this.modelsRoot, id)
    await pruneArtefacts(this.modelsRoot, this.settings.of(continuousSettings).keep)
    return { modelSet: id, toSeq, promoted: mayPass, reasons: gate?.reasons ?? [] }
  }
}
