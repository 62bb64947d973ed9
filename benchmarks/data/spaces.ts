import { normalise } from '../../algorithms/retrieval/vector-transform.ts'
import { createRandom, splitSeed } from '../../algorithms/statistics/random.ts'
import type { ContentDocument } from '../../algorithms/text/hashed-tf-idf.ts'
import { Role } from '../../domain/roles.ts'
import type { SpaceName } from '../../features/vector-spaces.ts'
import { contentDocument } from '../../funnel/content-document.ts'
import { type ModelSetContents, readModelSet } from '../../funnel/model-set-files.ts'
import { loadArtefact, readPromoted } from '../../models/artefact/artefact.ts'
import { createFoldIn } from '../../models/factorisation/fold-in.ts'
import type { DirectoryLayout } from '../../storage/data-directory.ts'
import { openJournal } from '../../storage/open-journal.ts'

/** The vectors of one space, and people placed in it, row after row. */
export interface SpaceSample {
  readonly name: SpaceName
  readonly dimension: number
  readonly vectors: Float32Array
  readonly queries: Float32Array
}

interface Log {
  readonly documents: ReadonlyMap<string, ContentDocument>
  /** Items each person engaged with, by id, the latest last. */
  readonly histories: readonly (readonly string[])[]
}

const engaged = Role.click | Role.finish | Role.positive
const historyMax = 50

/**
 * The vectors that the promoted model set gives to the items of the journal, and query vectors of people drawn from it.
 * A person's query here is their latest engagements, each weighing the same; serving weighs them by age and kind.
 *
 * @throws Error without a promoted model set
 */
export async function readSpaces(
  layout: DirectoryLayout,
  schemaHash: string,
  queriesMax: number,
  seed: number,
): Promise<SpaceSample[]> {
  const id = await readPromoted(layout.models)
  if (id === null) throw new Error(`${layout.root} has no model set: train one with \`sluice train\``)
  const contents = await readModelSet(await loadArtefact(layout.models, id, schemaHash))
  const log = await readLog(layout.journal)
  const histories = draw(log.histories, queriesMax, seed)
  return [collaborativeSample(contents, histories), contentSample(contents, log, histories)]
}

async function readLog(journal: string): Promise<Log> {
  const reader = await openJournal(journal, { readOnly: true })
  try {
    const documents = new Map<string, ContentDocument>()
    const histories = new Map<string, string[]>()
    for (const { record } of reader.read(reader.firstSeq, { kinds: ['item', 'event'] })) {
      if (record.kind === 'item') documents.set(record.item.id, contentDocument(record.item))
      else if ((record.event.roles & engaged) !== 0) {
        const history = histories.get(record.event.user)
        if (history === undefined) histories.set(record.event.user, [record.event.item])
        else history.push(record.event.item)
      }
    }
    return { documents, histories: [...histories.values()] }
  } finally {
    await reader.close()
  }
}

function draw(histories: Log['histories'], count: number, seed: number): Log['histories'] {
  if (histories.length === 0) throw new Error('nobody has engaged with anything, so there is nothing to search for')
  const random = createRandom(splitSeed(seed, 'queries'))
  return Array.from({ length: count }, () => histories[Math.floor(random.next() * histories.length)].slice(-historyMax))
}

function collaborativeSample(
  { vocabulary, collaborative }: ModelSetContents,
  histories: Log['histories'],
): SpaceSample {
  const { dimension, vectors, foldIn } = collaborative
  const solver = createFoldIn(vectors, vocabulary.length, dimension, foldIn)
  const placeOf = new Map(vocabulary.map((id, place) => [id, place]))
  const weights = new Float32Array(historyMax).fill(1)
  const queries: number[] = []
  const query = new Float32Array(dimension)
  for (const history of histories) {
    const places = Uint32Array.from(history.flatMap(item => placeOf.get(item) ?? []))
    if (places.length === 0) continue
    solver.solve(places, weights, places.length, query)
    queries.push(...query)
  }
  return { name: 'collaborative', dimension, vectors, queries: Float32Array.from(queries) }
}

function contentSample({ content }: ModelSetContents, log: Log, histories: Log['histories']): SpaceSample {
  const { dimension } = content
  const placeOf = new Map<string, number>()
  const vectors = new Float32Array(log.documents.size * dimension)
  const vector = new Float32Array(dimension)
  for (const [id, document] of log.documents) {
    if (!content.encode(document, vector)) continue
    vectors.set(vector, placeOf.size * dimension)
    placeOf.set(id, placeOf.size)
  }
  const queries: number[] = []
  for (const history of histories) {
    vector.fill(0)
    for (const item of history) {
      const place = placeOf.get(item)
      if (place !== undefined) for (let d = 0; d < dimension; d++) vector[d] += vectors[place * dimension + d]
    }
    if (normalise(vector, vector)) queries.push(...vector)
  }
  const known = vectors.subarray(0, placeOf.size * dimension)
  return { name: 'content', dimension, vectors: known, queries: Float32Array.from(queries) }
}
