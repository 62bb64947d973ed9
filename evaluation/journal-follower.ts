import { catalogSettings } from '../actors/catalog/settings.ts'
import type { Settings } from '../config/settings.ts'
import { CounterEpochReader } from '../domain/shared/counter-epochs.ts'
import { Replay } from '../learning/replay.ts'
import type { TailingReader } from '../storage/event-log.ts'
import type { Baseline } from './filtered-ranking.ts'
import { KnownHistories } from './known-histories.ts'
import { personalRequest } from './personal-request.ts'
import { Popularity } from './popularity.ts'

/** Folds what a running engine journals, beside it: what the engine knows, and what baselines count. */
export class JournalFollower {
  readonly replay: Replay
  readonly mostEngaged = new Popularity('engagements')
  readonly mostLiked = new Popularity('likes')
  readonly known = new KnownHistories()
  private readonly settings: Settings
  private readonly journal: TailingReader

  constructor(settings: Settings, journal: TailingReader) {
    this.settings = settings
    this.journal = journal
    this.replay = new Replay(settings, settings.of(catalogSettings), {
      onEpoch: ({ epoch }) => this.replay.counters.releaseBefore(epoch),
    })
  }

  /** Takes in everything that is durable by now. */
  async catchUp(): Promise<void> {
    const from = this.replay.catalog.appliedSeq + 1
    if ((await this.journal.refresh()) < from) return
    for (const numbered of this.journal.read(from)) {
      this.replay.apply(numbered)
      if (numbered.record.kind !== 'event') continue
      const { event } = numbered.record
      const item = this.replay.catalog.findLiveItem(event.item)
      if (item < 0) continue
      this.mostEngaged.count(event, item)
      this.mostLiked.count(event, item)
      this.known.count(event, item)
    }
  }

  /** What a baseline answers to the person at a time, best first, by id. */
  answer(baseline: Baseline, userId: string, now: number, depth: number): string[] {
    const { catalog, epoch } = this.replay
    const request = personalRequest(this.replay, this.settings, userId, now)
    const tables = { items: catalog.items, counters: new CounterEpochReader(epoch) }
    return Array.from(baseline.rank(request, tables, depth), item => catalog.itemId(item))
  }
}
