import { systemMonotonicClock } from '../../domain/ports.ts'
import type { Manifest } from '../../models/artefact/artefact-manifest.ts'
import type { CommandContext } from '../context.ts'
import { interruptible } from '../interrupt.ts'
import { renderManifest, trainedMetrics } from '../output/manifest.ts'
import { type TrainingOptions, trainModels } from '../training.ts'

export async function train(context: CommandContext, options: TrainingOptions): Promise<void> {
  const startedAt = systemMonotonicClock.ms()
  const { manifest, promoted } = await interruptible(signal =>
    trainModels(context, context.settings(), options, signal),
  )
  const seconds = (systemMonotonicClock.ms() - startedAt) / 1000
  const outcome = promoted
    ? 'promoted; a running server takes it up within 2 s, or as soon as a large catalogue is indexed'
    : `not promoted: the model set in use is as it was${refusal(manifest)}`
  const text = `${renderManifest(manifest)}\nTrained ${manifest.id} in ${seconds.toFixed(1)} s, ${outcome}\n`
  context.print(text, { ...manifest, metrics: trainedMetrics(manifest), promoted, seconds })
}

/** Why the gates did not let it pass. */
function refusal({ id, gate }: Manifest): string {
  if (gate === null || gate.passed) return ''
  const reasons = gate.reasons.map(reason => `\n  - ${reason}`).join('')
  return `. The gates (training.gates) say:${reasons}\nPromote it all the same with \`sluice models promote ${id} --force\``
}
