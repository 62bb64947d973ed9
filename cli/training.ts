import { catalogSettings } from '../actors/catalog/settings.ts'
import type { Settings } from '../config/settings.ts'
import { mayPromote } from '../learning/gates/may-promote.ts'
import { trainInChild } from '../learning/trainer-process.ts'
import { promote, readPromoted } from '../models/artefact/artefact.ts'
import type { Manifest } from '../models/artefact/artefact-manifest.ts'
import { describeDirectory, layoutOf } from '../storage/data-directory.ts'
import type { CommandContext } from './context.ts'
import { CommandError, InterruptedError } from './exit.ts'

export interface TrainingOptions {
  readonly seed?: number
  readonly promote?: boolean
  /** Promotes it even where it does not pass the gates. */
  readonly force?: boolean
}

const defaultSeed = 1

export interface Training {
  readonly manifest: Manifest
  readonly promoted: boolean
}

/**
 * Trains a model set on the data directory's journal in a process of its own, and promotes it where it passes the gates,
 * unless told otherwise. A server that runs on the directory takes it up by itself.
 *
 * @throws CommandError, InterruptedError, TrainingFailed, StorageError
 */
export async function trainModels(
  context: CommandContext,
  settings: Settings,
  { seed = defaultSeed, promote: isWanted = true, force = false }: TrainingOptions,
  signal: AbortSignal,
): Promise<Training> {
  const { empty } = await describeDirectory(context.dataDir)
  if (empty) {
    const hint = 'Import something with `sluice import`, or name another directory with --data-dir'
    throw new CommandError('no_data', `${context.dataDir} holds no history to train on`, hint)
  }
  const { journal, models } = layoutOf(context.dataDir)
  const limits = settings.of(catalogSettings)
  const training = trainInChild({
    journal,
    modelsRoot: models,
    settings,
    limits,
    seed,
    createdAt: Date.now(),
    progress: context.progress(),
  })
  const cancel = () => training.cancel()
  signal.addEventListener('abort', cancel)
  try {
    const manifest = await training.result
    if (signal.aborted) throw interrupted()
    const promoted = isWanted && (force || mayPromote(manifest, await readPromoted(models)))
    if (promoted) await promote(models, manifest.id)
    return { manifest, promoted }
  } catch (error) {
    if (signal.aborted) throw interrupted()
    throw error
  } finally {
    signal.removeEventListener('abort', cancel)
  }
}

function interrupted(): InterruptedError {
  return new InterruptedError('the training was interrupted', 'The promoted model set is as it was')
}
