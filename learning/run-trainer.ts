import { constants, setPriority } from 'node:os'
import { settingsFromText } from '../funnel/fragments.ts'
import type { Manifest } from '../models/artefact/artefact-manifest.ts'
import { openJournal } from '../storage/open-journal.ts'
import type { Progress } from '../telemetry/progress.ts'
import { trainerFragments } from './settings.ts'
import { trainModelSet } from './train-model-set.ts'
import type { FromTrainer, TrainerOrder } from './trainer-messages.ts'

/** The trainer process: one order in, progress and one outcome out. */
const say = (message: FromTrainer) => process.send?.(message)

/** Counts are passed on a few times a second, not one by one. */
function reporting(): Progress {
  let waiting = 0
  let saidAt = 0
  const flush = () => {
    if (waiting > 0) say({ type: 'advance', count: waiting })
    waiting = 0
    saidAt = performance.now()
  }
  return {
    step(name, total) {
      flush()
      say({ type: 'step', name, total })
    },
    advance(count = 1) {
      waiting += count
      if (performance.now() - saidAt > 100) flush()
    },
    done() {
      flush()
      say({ type: 'done' })
    },
  }
}

async function train({ journal: directory, settings, ...order }: TrainerOrder): Promise<Manifest> {
  const journal = await openJournal(directory, { readOnly: true })
  try {
    return await trainModelSet({
      ...order,
      journal,
      settings: settingsFromText(settings, trainerFragments),
      progress: reporting(),
    })
  } finally {
    await journal.close()
  }
}

setPriority(constants.priority.PRIORITY_BELOW_NORMAL)
// Whoever asked is gone, or has what it asked for.
process.once('disconnect', () => process.exit())
process.once('message', (order: TrainerOrder) => {
  train(order)
    .then(
      manifest => say({ type: 'trained', manifest }),
      error => say({ type: 'failed', name: error.name, message: error.message }),
    )
    .finally(() => process.disconnect?.())
})
