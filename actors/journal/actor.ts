/**
 * The journal actor.
 *
 * 1. Records are numbered in the order in which their groups arrived; one commit is under way at a time. It takes
 *    everything that had arrived when the actor's turn came (group commit).
 * 2. A group is handed on after it is durable, and groups are handed on in order.
 * 3. While the tail is recovered, new groups wait: nothing overtakes it.
 * 4. At most `pendingRecordsMax` records wait; more are refused at once.
 * 5. Whoever asked is answered, at each of the two levels once or with a failure.
 */
import type { SettingsOf } from '../../config/fragment.ts'
import type { JournalRecord } from '../../domain/journal.ts'
import type { EventLog } from '../../storage/event-log.ts'
import { type ActorRef, tell } from '../../supervision/actor-ref.ts'
import type { ActorContext, Behaviour, Receiver } from '../../supervision/behaviour.ts'
import type { CatalogMessage } from '../catalog/protocol.ts'
import type { AppendFailed, AppendReply, CommittedGroup, JournalMessage, Recovered } from './protocol.ts'
import type { journalSettings } from './settings.ts'

export interface JournalParts {
  readonly log: EventLog
  readonly catalog: ActorRef<CatalogMessage>
  readonly settings: SettingsOf<typeof journalSettings>
}

export function journalActor(parts: JournalParts): Behaviour<JournalMessage> {
  return context => new JournalActor(context, parts)
}

type Append = Extract<JournalMessage, { type: 'append' }>

interface Recovery {
  readonly records: Iterator<{ readonly seq: number; readonly record: JournalRecord }>
  readonly doneTo: ActorRef<Recovered>
  throughSeq: number
}

class JournalActor implements Receiver<JournalMessage> {
  private readonly context: ActorContext<JournalMessage>
  private readonly parts: JournalParts
  private waiting: Append[] = []
  private waitingRecords = 0
  private committing: Append[] = []
  private recovery: Recovery | null = null
  /** The last commit failed. */
  private isRefused = false
  private readonly takenIn = new WeakSet<Append>()

  constructor(context: ActorContext<JournalMessage>, parts: JournalParts) {
    this.context = context
    this.parts = parts
  }

  receive(message: JournalMessage): void {
    switch (message.type) {
      case 'append':
        return this.accept(message)
      case 'commit-due':
        return this.commitNext()
      case 'committed':
        return this.handOn(message.firstSeq)
      case 'commit-failed':
        return this.refuse(message.reason)
      case 'recover':
        return this.recover(message.fromSeq, message.doneTo)
      case 'handed-on':
        return this.recoverSlice()
      default:
        message satisfies never
    }
  }

  private accept(group: Append): void {
    if (group.records.length === 0) return
    const { pendingRecordsMax } = this.parts.settings
    if (this.waitingRecords + group.records.length > pendingRecordsMax) {
      const reason = `${this.waitingRecords} records already wait for the disk, at most ${pendingRecordsMax} may`
      return this.fail(group, 'overloaded', reason)
    }
    this.waiting.push(group)
    // While the disk refuses, what is only in memory is as good as lost: such a group hears when it is durable.
    if (!this.isRefused) this.takeIn(group)
    this.waitingRecords += group.records.length
    if (this.waiting.length === 1 && this.committing.length === 0) tell(this.context.self, { type: 'commit-due' })
  }

  private takeIn(group: Append): void {
    if (group.takenInTo === undefined || this.takenIn.has(group)) return
    this.takenIn.add(group)
    tell(group.takenInTo, { type: 'taken-in' })
  }

  /** Whoever was told that the group is taken in hears nothing more of it. */
  private fail(group: Append, code: AppendFailed['code'], reason: string): void {
    const failed: AppendFailed = { type: 'append-failed', code, reason }
    if (group.replyTo !== undefined) tell<AppendReply>(group.replyTo, failed)
    if (group.takenInTo !== undefined && !this.takenIn.has(group)) tell(group.takenInTo, failed)
  }

  private commitNext(): void {
    if (this.committing.length > 0 || this.waiting.length === 0 || this.recovery !== null) return
    let records = 0
    let groups = 0
    while (groups < this.waiting.length && records < this.parts.settings.recordsPerCommitMax) {
      records += this.waiting[groups++].records.length
    }
    this.committing = this.waiting.splice(0, groups)
    this.waitingRecords -= records
    this.context.pipe(
      this.parts.log.append(this.committing.flatMap(group => group.records)),
      firstSeq => ({ type: 'committed', firstSeq }),
      error => ({ type: 'commit-failed', reason: String(error) }),
    )
  }

  private handOn(firstSeq: number): void {
    const groups: CommittedGroup[] = []
    let next = firstSeq
    for (const group of this.committing) {
      const { records, replyTo, appliedTo } = group
      this.takeIn(group)
      groups.push({ firstSeq: next, records, appliedTo })
      if (replyTo !== undefined) tell<AppendReply>(replyTo, { type: 'appended', firstSeq: next })
      next += records.length
    }
    this.committing = []
    if (this.isRefused) this.context.health('ready')
    this.isRefused = false
    tell(this.parts.catalog, { type: 'committed', groups })
    this.commitNext()
  }

  /** Nothing of a failed commit was stored, so nothing of it is handed on. */
  private refuse(reason: string): void {
    this.context.health('failed', `the journal cannot be written: ${reason}`)
    this.isRefused = true
    for (const group of this.committing) this.fail(group, 'storage_failed', reason)
    this.committing = []
    this.commitNext()
  }

  private recover(fromSeq: number, doneTo: ActorRef<Recovered>): void {
    this.context.health('starting', 'folding the tail of the journal')
    this.recovery = { records: this.parts.log.read(fromSeq), doneTo, throughSeq: fromSeq - 1 }
    this.recoverSlice()
  }

  private recoverSlice(): void {
    const { recovery } = this
    if (recovery === null) return
    const records: JournalRecord[] = []
    const firstSeq = recovery.throughSeq + 1
    while (records.length < this.parts.settings.recoverySlice) {
      const next = recovery.records.next()
      if (next.done === true) break
      records.push(next.value.record)
    }
    recovery.throughSeq += records.length
    if (records.length > 0) {
      const group: CommittedGroup = { firstSeq, records, handedOnTo: this.context.self }
      return tell(this.parts.catalog, { type: 'committed', groups: [group] })
    }
    this.recovery = null
    this.context.health('ready')
    tell(recovery.doneTo, { type: 'recovered', throughSeq: recovery.throughSeq })
    this.commitNext()
  }
}
