import { ExactIndex } from '../../algorithms/retrieval/exact-index.ts'
import { neighboursOf, overlap } from '../../algorithms/retrieval/recall.ts'
import type { VectorIndex } from '../../algorithms/retrieval/vector-index.ts'
import { resolveSettings } from '../../cli/settings.ts'
import type { SettingsOf } from '../../config/fragment.ts'
import { spaceMetric } from '../../funnel/ports.ts'
import { schemaHashOf } from '../../funnel/schema-hash.ts'
import { indexSettings } from '../../funnel/settings.ts'
import { createSpaceIndex, ordinaryNorm, spaceSearchWidth } from '../../funnel/space-index.ts'
import { layoutOf } from '../../storage/data-directory.ts'
import type { Progress } from '../../telemetry/progress.ts'
import { chooseData } from '../data/choose-data.ts'
import { readSpaces, type SpaceSample } from '../data/spaces.ts'
import { figure, table } from '../report/tables.ts'
import type { Scenario } from '../scenario.ts'

/** From the few of a "more like this" to more than any source asks of one partition. */
const depths = [10, 50, 200, 400] as const
const queriesMax = 300

interface IndexFigures {
  readonly space: string
  readonly vectors: number
  readonly queries: number
  readonly buildPerSecond: number
  readonly searches: readonly SearchFigures[]
}

interface SearchFigures {
  readonly k: number
  readonly width: number
  /** Share of the k nearest that the approximate search finds. */
  readonly recall: number
  readonly approximateMicros: number
  readonly exactMicros: number
}

export const index: Scenario = {
  name: 'index',
  summary: 'HNSW against an exact scan on the vectors of the model set: recall, time per search, time to build',
  takes: 'about 60 s for 100,000 titles, one thread',
  declare() {},
  async run(options, progress) {
    const data = await chooseData(options)
    const settings = resolveSettings({ dataDir: data.path, environment: process.env, commandLine: options.set })
    progress.step('Reading vectors and queries')
    const schemaHash = schemaHashOf(settings)
    const samples = await readSpaces(layoutOf(data.path), schemaHash, queriesMax, options.seed)
    const spaces = samples.map(sample => measureSpace(sample, settings.of(indexSettings), progress))
    progress.done()
    return { figures: { data, settingsHash: settings.hash, spaces }, text: indexText(data.name, spaces) }
  },
}

function measureSpace(
  sample: SpaceSample,
  settings: SettingsOf<typeof indexSettings>,
  progress: Progress,
): IndexFigures {
  const { name, dimension, vectors, queries } = sample
  const count = vectors.length / dimension
  const exact = new ExactIndex({ dimension, metric: spaceMetric[name] })
  const size = { dimension, capacity: count, ordinaryNorm: ordinaryNorm(vectors, dimension) }
  const approximate = createSpaceIndex(name, size, settings)
  fill(exact, vectors)
  progress.step(`Building the graph of ${count} ${name} vectors`)
  const startedAt = performance.now()
  fill(approximate, vectors)
  const buildPerSecond = (count / (performance.now() - startedAt)) * 1000
  const searches = depths.map(k => {
    progress.step(`Searching ${name} vectors for ${k}`)
    const width = spaceSearchWidth(k, settings)
    approximate.setSearchWidth(width)
    return measureSearch(approximate, exact, queries, k, width)
  })
  return { space: name, vectors: count, queries: queries.length / dimension, buildPerSecond, searches }
}

function fill(target: VectorIndex, vectors: Float32Array): void {
  const { dimension } = target
  for (let label = 0; label * dimension < vectors.length; label++) {
    target.upsert(label, vectors.subarray(label * dimension, (label + 1) * dimension))
  }
}

/** The first pass over the queries warms up and is compared, the second is timed. */
function measureSearch(
  approximate: VectorIndex,
  exact: VectorIndex,
  queries: Float32Array,
  k: number,
  width: number,
): SearchFigures {
  const recall = overlap(neighboursOf(approximate, queries, k), neighboursOf(exact, queries, k))
  return {
    k,
    width,
    recall,
    approximateMicros: microsPerSearch(approximate, queries, k),
    exactMicros: microsPerSearch(exact, queries, k),
  }
}

function microsPerSearch(searched: VectorIndex, queries: Float32Array, k: number): number {
  const startedAt = performance.now()
  neighboursOf(searched, queries, k)
  return ((performance.now() - startedAt) * 1000) / (queries.length / searched.dimension)
}

function indexText(name: string, spaces: readonly IndexFigures[]): string {
  const rows = spaces.flatMap(({ space, vectors, buildPerSecond, searches }) =>
    searches.map(({ k, width, recall, approximateMicros, exactMicros }) => [
      space,
      ...[vectors, buildPerSecond, k, width].map(figure),
      recall.toFixed(3),
      ...[approximateMicros, exactMicros].map(figure),
    ]),
  )
  const head = ['space', 'vectors', 'built/s', 'k', 'width', 'recall', 'HNSW µs', 'exact µs']
  return `${name}: one partition on one thread\n\n${table(head, rows)}`
}
