import type { CatalogReader } from '../domain/catalog-reader.ts'
import type { AcknowledgementLevel, EventResult, JournalEvent } from '../domain/event.ts'
import type { JournalRecord } from '../domain/journal.ts'
import { type ActorRef, callbackRef, tell } from '../supervision/actor-ref.ts'
import type { AppendFailed, AppendReply, JournalMessage, TakenIn } from './journal/protocol.ts'
import type { Tree } from './tree.ts'
import type { AppliedOutcomeName, EventsApplied } from './user-shard/protocol.ts'

/** Hands records to the journal and waits for their number. */
export function appendedAt(
  journal: ActorRef<JournalMessage>,
  records: readonly JournalRecord[],
  appliedTo?: ActorRef<EventsApplied>,
): Promise<AppendReply> {
  return new Promise(resolve => {
    tell(journal, { type: 'append', records, replyTo: callbackRef(resolve), appliedTo })
  })
}

/** Hands records to the journal and waits until they are in memory there. */
function takenInAt(
  journal: ActorRef<JournalMessage>,
  records: readonly JournalRecord[],
): Promise<TakenIn | AppendFailed> {
  return new Promise(resolve => tell(journal, { type: 'append', records, takenInTo: callbackRef(resolve) }))
}

/**
 * Journals what can be journaled and waits until it has come as far as `level`; one result per event, in order. An
 * event whose item is unknown is refused by itself.
 */
export async function journalEvents(
  { journal, system }: Pick<Tree, 'journal' | 'system'>,
  catalog: CatalogReader,
  events: readonly JournalEvent[],
  level: AcknowledgementLevel,
  ackTimeoutMs: number,
): Promise<EventResult[]> {
  // Asked once: an item that comes or goes while we wait must not shift what was said of the others.
  const isKnown = events.map(event => catalog.findLiveItem(event.item) >= 0)
  const known = events.filter((_, i) => isKnown[i])
  const records = known.map((event): JournalRecord => ({ kind: 'event', at: event.receivedAt, event }))
  const outcomes = new Outcomes(records.length)
  if (records.length === 0) return combine(events, isKnown, () => ({ type: 'received' }))

  if (level === 'received') {
    const reply = await takenInAt(journal, records)
    return combine(events, isKnown, () =>
      reply.type === 'taken-in' ? { type: 'received' } : { type: 'failed', reply },
    )
  }
  const appliedTo = level === 'applied' ? callbackRef<EventsApplied>(message => outcomes.add(message)) : undefined
  const reply = await appendedAt(journal, records, appliedTo)
  if (reply.type === 'append-failed') return combine(events, isKnown, () => ({ type: 'failed', reply }))
  if (level === 'applied') {
    const deadline = system.deadlines.after(ackTimeoutMs, () => outcomes.giveUp())
    await outcomes.complete
    system.deadlines.cancel(deadline)
  }
  return combine(events, isKnown, place => {
    const seq = reply.firstSeq + place
    return { type: 'durable', seq, outcome: outcomes.of(seq) }
  })
}

type Stand =
  | { readonly type: 'received' }
  | { readonly type: 'failed'; readonly reply: Extract<AppendReply, { type: 'append-failed' }> }
  | { readonly type: 'durable'; readonly seq: number; readonly outcome: AppliedOutcomeName | undefined }

/** `standOf` is asked with the place among the journaled events. */
function combine(
  events: readonly JournalEvent[],
  isKnown: readonly boolean[],
  standOf: (place: number) => Stand,
): EventResult[] {
  let place = 0
  return events.map((event, i) => (isKnown[i] ? resultOf(event, standOf(place++)) : unknownItem(event)))
}

function resultOf(event: JournalEvent, stand: Stand): EventResult {
  const { eventId } = event
  if (stand.type === 'received') return { eventId, status: 'received', applied: false }
  if (stand.type === 'failed') {
    const hint = `${stand.reply.reason}; send it again, with the same eventId`
    return { eventId, status: 'rejected', error: { code: stand.reply.code, hint } }
  }
  const { seq, outcome } = stand
  if (outcome === 'applied') return { eventId, status: 'applied', applied: true, seq }
  if (outcome === 'duplicate') return { eventId, status: 'duplicate' }
  if (outcome === 'unknown-item') return unknownItem(event)
  return { eventId, status: 'durable', applied: false, seq }
}

function unknownItem({ eventId, item }: JournalEvent): EventResult {
  const hint = `no item has the id ${JSON.stringify(item)}: PUT the item first`
  return { eventId, status: 'rejected', error: { code: 'unknown_item', field: 'item', hint } }
}

/** What became of the events of one batch, by journal number. */
class Outcomes {
  readonly complete: Promise<void>
  private readonly bySeq = new Map<number, AppliedOutcomeName>()
  private readonly expected: number
  private resolve!: () => void

  constructor(expected: number) {
    this.expected = expected
    this.complete = new Promise(resolve => {
      this.resolve = resolve
    })
  }

  add({ seqs, outcomes }: EventsApplied): void {
    for (let i = 0; i < seqs.length; i++) this.bySeq.set(seqs[i], outcomes[i])
    if (this.bySeq.size >= this.expected) this.resolve()
  }

  giveUp(): void {
    this.resolve()
  }

  of(seq: number): AppliedOutcomeName | undefined {
    return this.bySeq.get(seq)
  }
}
