import { catalogSettings } from '../../actors/catalog/settings.ts'
import type { Settings } from '../../config/settings.ts'
import type { JournalEvent } from '../../domain/event.ts'
import { engagementRoles, objectiveCount, objectiveRole, objectives, type RoleSet } from '../../domain/roles.ts'
import type { ModelSetContents } from '../../funnel/model-set-files.ts'
import { OfflineFunnel } from '../../learning/offline-funnel.ts'
import type { JournalReader } from '../../storage/event-log.ts'
import { openJournal } from '../../storage/open-journal.ts'

/** The candidates of one request as the ranker gets them, with what the person engaged with afterwards. */
export interface RankerQueryRows {
  readonly rows: number
  /** [rows × features] */
  readonly features: Float32Array
  /** [rows × objectives] */
  readonly labels: Float32Array
  /** [rows × objectives]; 0 where nothing is known: all but the first objective are of engagements alone. */
  readonly weights: Float32Array
}

/** The newest share of the engagements, and the fewest: they are not folded, and say what came of the queries. */
const tailShare = 0.05
const tailMin = 100
const click = objectives.indexOf('click')

/**
 * What the ranker would be asked by the first people who come back after the first 95 % of the engagements.
 * @param queriesMax people asked about at most
 */
export async function readRankerQueries(
  journalPath: string,
  contents: ModelSetContents,
  settings: Settings,
  queriesMax: number,
): Promise<RankerQueryRows[]> {
  const journal = await openJournal(journalPath, { readOnly: true })
  try {
    const splitSeq = firstOfTail(journal)
    const outcomes = outcomesFrom(journal, splitSeq)
    const funnel = new OfflineFunnel(settings, settings.of(catalogSettings))
    for (const record of journal.read(journal.firstSeq, { toSeq: splitSeq - 1 })) funnel.apply(record)
    await funnel.use(contents)
    const queries: RankerQueryRows[] = []
    for (const [user, { first, roles }] of [...outcomes].slice(0, queriesMax)) {
      const { candidates, features } = await funnel.candidates(user, first.time, first.context)
      const engaged = new Map([...roles].map(([id, found]) => [funnel.replay.catalog.findItem(id), found]))
      const items = candidates.item.slice(0, candidates.count)
      queries.push({ ...labelled(items, engaged), rows: candidates.count, features: features.slice() })
    }
    return queries
  } finally {
    await journal.close()
  }
}

interface Outcome {
  readonly first: JournalEvent
  /** By item id. */
  readonly roles: Map<string, RoleSet>
}

function* engagementsOf(journal: JournalReader, fromSeq: number) {
  for (const { seq, record } of journal.read(fromSeq, { kinds: ['event'] })) {
    if (record.kind === 'event' && (record.event.roles & engagementRoles) !== 0) yield { seq, event: record.event }
  }
}

/** Number of the first engagement of the tail; one past the journal where there is none. */
function firstOfTail(journal: JournalReader): number {
  const seqs = Array.from(engagementsOf(journal, journal.firstSeq), ({ seq }) => seq)
  const tail = Math.max(tailMin, Math.floor(seqs.length * tailShare))
  return seqs[Math.max(0, seqs.length - tail)] ?? journal.lastSeq + 1
}

/** What each person engaged with from there on, in the order in which they come back. */
function outcomesFrom(journal: JournalReader, fromSeq: number): Map<string, Outcome> {
  const outcomes = new Map<string, Outcome>()
  for (const { event } of engagementsOf(journal, fromSeq)) {
    const { user, item, roles } = event
    if (!outcomes.has(user)) outcomes.set(user, { first: event, roles: new Map() })
    const known = outcomes.get(user)!.roles
    known.set(item, (known.get(item) ?? 0) | roles)
  }
  return outcomes
}

function labelled(items: ArrayLike<number>, engaged: ReadonlyMap<number, RoleSet>) {
  const labels = new Float32Array(items.length * objectiveCount)
  const weights = new Float32Array(items.length * objectiveCount)
  for (let row = 0; row < items.length; row++) {
    const roles = engaged.get(items[row]) ?? 0
    objectives.forEach((name, k) => {
      const wanted = k === click ? engagementRoles : objectiveRole[name]
      labels[row * objectiveCount + k] = (roles & wanted) === 0 ? 0 : 1
      weights[row * objectiveCount + k] = k === click || roles !== 0 ? 1 : 0
    })
  }
  return { labels, weights }
}
