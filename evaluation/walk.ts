/**
 * Walks the running system through a stretch of history and asks it questions on the way.
 *
 * 1. Before a query is asked, everything that comes before it in the walk has been applied; an event of a person is told
 *    only after every query that comes before it has been answered. Queries of different people overlap in between.
 * 2. Counters are published where the history published them and nowhere else, so the answers follow from the history
 *    and not from how fast the walk went.
 */
import type { Engine } from '../actors/engine.ts'
import type { JournalEvent } from '../domain/event.ts'
import type { Progress } from '../telemetry/progress.ts'
import type { JournalFollower } from './journal-follower.ts'
import type { WalkStep } from './scratch-directory.ts'

/** What one person asks at one point of the walk. */
export interface WalkQuery {
  readonly userId: string
  /** Called when everything before has been applied, by engine and follower; resolves once every answer is in. */
  readonly ask: () => Promise<void>
}

export interface WalkOutcome {
  /** Events that the engine refused or counted as duplicates. */
  readonly refused: number
}

const bufferedEventsMax = 1000
const queriesInFlightMax = 6

/**
 * @param follower folds the journal of `engine`
 * @param queryBefore what to ask just before a step
 * @throws what a query threw, when all that were under way have ended
 */
export async function walk(
  engine: Engine,
  follower: JournalFollower,
  steps: readonly WalkStep[],
  queryBefore: (step: WalkStep) => WalkQuery | null,
  progress: Progress,
): Promise<WalkOutcome> {
  const walker = new Walker(engine, follower)
  progress.step('walking forward', steps.length)
  for (const step of steps) {
    const query = queryBefore(step)
    if (query !== null) await walker.ask(query)
    await walker.tell(step)
    progress.advance()
  }
  await walker.settle()
  progress.done()
  return { refused: walker.refused }
}

class Walker {
  refused = 0
  private readonly engine: Engine
  private readonly follower: JournalFollower
  private buffered: JournalEvent[] = []
  private readonly asking = new Map<string, Promise<void>>()
  private failure: { readonly error: unknown } | null = null

  constructor(engine: Engine, follower: JournalFollower) {
    this.engine = engine
    this.follower = follower
  }

  async ask({ userId, ask }: WalkQuery): Promise<void> {
    await this.flush()
    await this.asking.get(userId)
    while (this.asking.size >= queriesInFlightMax) await Promise.race(this.asking.values())
    await this.follower.catchUp()
    const answered = ask()
      .catch((error: unknown) => {
        this.failure ??= { error }
      })
      .finally(() => this.asking.delete(userId))
    this.asking.set(userId, answered)
  }

  async tell({ record }: WalkStep): Promise<void> {
    if (record.kind === 'event') return this.tellEvent(record.event)
    await this.settle()
    switch (record.kind) {
      case 'item':
        return void (await this.engine.putItems([record.item]))
      case 'item-delete':
        return void (await this.engine.deleteItem(record.id))
      case 'user':
        return void (await this.engine.putUsers([record.user]))
      case 'user-delete':
        return void (await this.engine.deleteUser(record.id))
      case 'epoch':
        return this.engine.publishEpoch()
    }
  }

  /** Every query answered, every event applied. */
  async settle(): Promise<void> {
    await Promise.all(this.asking.values())
    if (this.failure !== null) throw this.failure.error
    await this.flush()
  }

  private async tellEvent(event: JournalEvent): Promise<void> {
    await this.asking.get(event.user)
    this.buffered.push(event)
    if (this.buffered.length >= bufferedEventsMax) await this.flush()
  }

  private async flush(): Promise<void> {
    const events = this.buffered
    if (events.length === 0) return
    this.buffered = []
    const results = await this.engine.appendEvents(events, 'applied')
    for (const { status } of results) if (status !== 'applied') this.refused++
  }
}
