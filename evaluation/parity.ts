/**
 * Replay parity: the features of every served feed computed again from the journal alone, compared bit for bit.
 *
 * 1. A feed is computed from what it says it read: the person at `userSeq`, items at `catalogSeq`, query vectors at
 *    `querySeq`, counters at `counterEpoch`, the time `now` and the model set, and from nothing else.
 * 2. One pass over the journal. Of the past it keeps what a later record still reads: views of people whose state has
 *    moved on, epochs, and superseded versions of items.
 * 3. A feed that cannot be checked is counted with its reason; it is neither matched nor a mismatch.
 */
import { catalogSettings } from '../actors/catalog/settings.ts'
import type { Settings } from '../config/settings.ts'
import type { JournalRecord, Numbered, ServedContext, ServedRecord } from '../domain/journal.ts'
import { CounterEpochReader } from '../domain/shared/counter-epochs.ts'
import type { UserView } from '../features/user-view.ts'
import { schemaHashOf } from '../funnel/schema-hash.ts'
import { Replay } from '../learning/replay.ts'
import type { JournalReader } from '../storage/event-log.ts'
import { type Progress, silentProgress } from '../telemetry/progress.ts'
import { CodesAsOf } from './codes-as-of.ts'
import { compareFeatures, type FeatureDifference } from './compare-features.ts'
import { ReplayedModelSets } from './replayed-model-sets.ts'
import { ServedFeatures } from './served-features.ts'
import { ServedIndex } from './served-index.ts'

export interface ParityOptions {
  readonly journal: Pick<JournalReader, 'firstSeq' | 'lastSeq' | 'read'>
  /** Folder of the model sets. */
  readonly modelsRoot: string
  /** Those the feeds were served with; feeds of other settings are skipped. */
  readonly settings: Settings
  /** Mismatches that are described; all are counted. */
  readonly mismatchesMax?: number
  readonly progress?: Progress
}

export interface ParityReport {
  readonly checked: number
  readonly matched: number
  /** The first of the `checked - matched`. */
  readonly mismatches: readonly ParityMismatch[]
  /** Feeds that could not be checked, by reason. */
  readonly skipped: Readonly<Record<string, number>>
}

export interface ParityMismatch {
  readonly seq: number
  readonly requestId: string
  readonly user: string
  readonly problem: string
  /** The first feature of a returned item that differs; absent when only the hash over all candidates does. */
  readonly feature?: FeatureDifference
}

/** @throws RangeError when the journal no longer begins with its first record: state cannot be folded without it */
export async function checkParity(options: ParityOptions): Promise<ParityReport> {
  const { journal, progress = silentProgress } = options
  if (journal.firstSeq > 1 && journal.lastSeq > 0) {
    throw new RangeError(`the journal begins at ${journal.firstSeq}: parity needs it from its first record on`)
  }
  const toSeq = journal.lastSeq
  const checker = new ParityChecker(options, new ServedIndex(journal.read(1, { toSeq, kinds: ['served'] })))
  progress.step('replaying the journal', toSeq)
  for (const numbered of journal.read(1, { toSeq })) {
    await checker.visit(numbered)
    progress.advance()
  }
  progress.done()
  return checker.report()
}

const recordsPerReclaim = 10_000

class ParityChecker {
  private readonly settings: Settings
  private readonly schemaHash: string
  private readonly mismatchesMax: number
  private readonly replay: Replay
  private readonly served: ServedIndex
  private readonly codes: CodesAsOf
  private readonly models: ReplayedModelSets
  private readonly features: ServedFeatures
  private readonly epochs = new Map<number, CounterEpochReader>()
  /** Views that were taken before the person's state moved on, by the number of the served record. */
  private readonly views = new Map<number, UserView>()
  private readonly mismatches: ParityMismatch[] = []
  private readonly skipped: Record<string, number> = {}
  private checked = 0
  private matched = 0

  constructor({ settings, modelsRoot, mismatchesMax = 10 }: ParityOptions, served: ServedIndex) {
    this.settings = settings
    this.schemaHash = schemaHashOf(settings)
    this.mismatchesMax = mismatchesMax
    this.served = served
    const limits = settings.of(catalogSettings)
    this.replay = new Replay(settings, limits, { onItem: (item, row) => this.models.itemChanged(item, row) })
    const { catalog } = this.replay
    this.codes = new CodesAsOf(catalog, ['region', 'language', 'device'])
    this.models = new ReplayedModelSets(catalog, limits.rowsMax, modelsRoot, this.schemaHash, served.firstReads())
    this.features = new ServedFeatures(settings)
    this.epochs.set(0, new CounterEpochReader(this.replay.epoch))
  }

  async visit(numbered: Numbered): Promise<void> {
    const { seq, record } = numbered
    while (this.models.isDue(seq)) await this.models.load()
    if (record.kind === 'served') return await this.check(seq, record.served)
    const user = userOf(record)
    if (user !== null) this.keepViews(user, seq)
    this.replay.apply(numbered)
    this.codes.observe(seq)
    if (record.kind === 'epoch') this.keepEpoch(seq)
    if (seq % recordsPerReclaim === 0) this.reclaim()
  }

  report(): ParityReport {
    return { checked: this.checked, matched: this.matched, mismatches: this.mismatches, skipped: this.skipped }
  }

  /** The record about to be applied changes the person; feeds that did not know it yet need the person as of now. */
  private keepViews(user: string, seq: number): void {
    const userSeq = this.replay.users.get(user)?.userSeq ?? 0
    for (const entry of this.served.overtaken(user, userSeq, seq)) {
      this.views.set(entry.seq, this.viewOf(user, entry.context, entry.catalogSeq, entry.now))
    }
  }

  private viewOf(user: string, context: ServedContext, catalogSeq: number, now: number): UserView {
    const codes = {
      region: this.codes.find('region', context.region, catalogSeq),
      language: this.codes.find('language', context.language, catalogSeq),
      device: this.codes.find('device', context.device, catalogSeq),
    }
    return this.replay.view(user, codes, now)
  }

  private keepEpoch(epoch: number): void {
    if (this.served.isReadAfter(epoch, epoch)) this.epochs.set(epoch, new CounterEpochReader(this.replay.epoch))
  }

  private async check(seq: number, served: ServedRecord): Promise<void> {
    const reason = this.reasonToSkip(served)
    if (reason !== null) this.skipped[reason] = (this.skipped[reason] ?? 0) + 1
    else await this.compare(seq, served)
    this.served.pass(seq, served.user)
    this.views.delete(seq)
    for (const epoch of this.epochs.keys()) if (!this.served.isReadAfter(epoch, seq)) this.epochs.delete(epoch)
  }

  private reasonToSkip(served: ServedRecord): string | null {
    if (served.modelSet === '') return 'served without a model set'
    if (served.candidates.length === 0) return 'candidates were not logged'
    if (served.schemaHash !== this.schemaHash) return 'served with other features'
    if (served.settingsHash !== this.settings.hash) return 'served with other settings'
    if (this.models.find(served.modelSet) === undefined) return `model set ${served.modelSet} cannot be loaded`
    return null
  }

  private async compare(seq: number, served: ServedRecord): Promise<void> {
    this.checked++
    const { user, userSeq, context, catalogSeq, counterEpoch, now } = served
    const view = this.views.get(seq) ?? this.viewOf(user, context, catalogSeq, now)
    if (view.userSeq !== userSeq) return this.differs(seq, served, `the person never was at ${userSeq}`)
    const counters = this.epochs.get(counterEpoch)
    if (counters === undefined) return this.differs(seq, served, `there is no counter epoch ${counterEpoch}`)
    const { catalog } = this.replay
    const ranked = await this.features.compute(served, view, counters, this.models.find(served.modelSet)!, catalog)
    const difference = compareFeatures(served, ranked, catalog)
    if (difference === null) this.matched++
    else this.differs(seq, served, difference.problem, difference.feature)
  }

  private differs(seq: number, { requestId, user }: ServedRecord, problem: string, feature?: FeatureDifference): void {
    if (this.mismatches.length < this.mismatchesMax) this.mismatches.push({ seq, requestId, user, problem, feature })
  }

  /** Lets go of what no feed that is still to come reads. */
  private reclaim(): void {
    const { catalog, counters } = this.replay
    this.models.clear(catalog.table.reclaim(this.served.oldestStillRead(catalog.appliedSeq)))
    const oldest = Math.min(this.replay.epoch.epoch, ...this.epochs.keys())
    counters.releaseBefore(oldest)
  }
}

function userOf(record: JournalRecord): string | null {
  if (record.kind === 'event') return record.event.user
  if (record.kind === 'user') return record.user.id
  return record.kind === 'user-delete' ? record.id : null
}
