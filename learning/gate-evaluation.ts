import { splitSeed } from '../algorithms/statistics/random.ts'
import { type ModelSetContents, readModelSet } from '../funnel/model-set-files.ts'
import { schemaHashOf } from '../funnel/schema-hash.ts'
import { loadArtefact, readPromoted } from '../models/artefact/artefact.ts'
import type { GateVerdict, Manifest } from '../models/artefact/artefact-manifest.ts'
import { askQueries } from './gate-queries.ts'
import { judge } from './gates/gate.ts'
import { gateSettings } from './gates/settings.ts'
import type { RankerQuery } from './ranker-queries.ts'
import type { RankerOutcome } from './ranker-training.ts'
import type { TrainingTask } from './training-task.ts'

/** The model set in use. */
interface Incumbent {
  readonly id: string
  readonly toSeq: number
  readonly objectives: Manifest['objectives']
  readonly contents: ModelSetContents
}

/**
 * Holds a set that was just trained to its gates. Both sets are asked the newest queries that neither has learned from:
 * behind what the new ranker was trained on, and behind all that the set in use has seen. The new one is asked with
 * retrieval fitted up to the first of them. Where there are no such queries, the absolute bounds decide alone.
 *
 * @param fitAsOf retrieval fitted on the journal up to that record
 */
export async function judgeModelSet(
  task: TrainingTask,
  ranker: RankerOutcome,
  fitAsOf: (seq: number) => Promise<ModelSetContents>,
  toSeq: number,
): Promise<GateVerdict> {
  const settings = task.settings.of(gateSettings)
  const incumbent = await readIncumbent(task)
  const queries = newestQueries(ranker.heldOut, incumbent?.toSeq ?? 0, settings.queriesMax)
  const verdict = (asked: { ndcg: Float64Array; coverage: number } | null, incumbentNdcg: Float64Array | null) =>
    judge({
      candidate: {
        metrics: { ...ranker.metrics, ...(asked !== null && { coverage: asked.coverage }) },
        objectives: ranker.status,
        ndcg: asked?.ndcg ?? [],
      },
      incumbent: incumbent === null ? null : { ...incumbent, ndcg: incumbentNdcg },
      users: placesOf(queries.map(({ userId }) => userId)),
      settings,
      seed: splitSeed(task.seed, 'gates'),
    })
  const isComparable = incumbent !== null && queries.length > 0
  if (!isComparable && (settings.coverageMin === 0 || queries.length === 0)) return verdict(null, null)
  const candidate = { ...(await fitAsOf(queries[0].seq - 1)), ranker: ranker.contents }
  const sets = isComparable ? [candidate, incumbent.contents] : [candidate]
  const [asked, inUse] = await askQueries(task, queries, sets, toSeq)
  return verdict(asked, inUse?.ndcg ?? null)
}

async function readIncumbent({ modelsRoot, settings }: TrainingTask): Promise<Incumbent | null> {
  const id = await readPromoted(modelsRoot)
  if (id === null) return null
  try {
    const artefact = await loadArtefact(modelsRoot, id, schemaHashOf(settings))
    const { objectives, dataRange } = artefact.manifest
    return { id, toSeq: dataRange.toSeq, objectives, contents: await readModelSet(artefact) }
  } catch (error) {
    // A set that is gone, damaged or of other features cannot serve here either: nothing is in use to fall behind.
    if (error instanceof Error && /^(Artefact|Schema)/.test(error.name)) return null
    throw error
  }
}

function newestQueries(heldOut: readonly RankerQuery[], afterSeq: number, max: number): readonly RankerQuery[] {
  return heldOut.filter(({ seq }) => seq > afterSeq).slice(-max)
}

function placesOf(names: readonly string[]): Uint32Array {
  const places = new Map<string, number>()
  return Uint32Array.from(names, name => {
    const place = places.get(name) ?? places.size
    places.set(name, place)
    return place
  })
}
