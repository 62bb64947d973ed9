import type { IndexShardMessage } from '../../actors/index-shard/protocol.ts'
import type { JournalMessage } from '../../actors/journal/protocol.ts'
import { modelManagerActor } from '../../actors/model-manager/actor.ts'
import type { ModelManagerMessage } from '../../actors/model-manager/protocol.ts'
import type { MonotonicClock } from '../../domain/ports.ts'
import type { ModelSetContents } from '../../funnel/model-set-files.ts'
import { type ActorRef, tell } from '../../supervision/actor-ref.ts'
import { liveModels } from '../fakes/loaded-models.ts'
import { Probe } from '../fakes/probe.ts'
import { catalogOf, sampleItems, testSettings } from '../fakes/samples.ts'
import { testSchemaHash, tinyModelSet } from '../fakes/tiny-model-set.ts'
import { settle, testSystem } from './supervision.harness.ts'

export const items = sampleItems(6)

interface PoolCall {
  readonly generation: number
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

export class World {
  readonly catalog = catalogOf(items)
  readonly live = liveModels(this.catalog)
  readonly journal = new Probe<JournalMessage>('journal')
  readonly shards = [new Probe<IndexShardMessage>('index-0'), new Probe<IndexShardMessage>('index-1')]
  readonly pool: PoolCall[] = []
  readonly reads: string[] = []
  readonly system
  readonly time
  readonly manager: ActorRef<ModelManagerMessage>
  promoted: string | null = null
  pointerIsUnreadable = false
  isRecovered = true
  readonly broken = new Map<string, string>()

  constructor(monotonic?: MonotonicClock) {
    const { system, time } = testSystem()
    this.system = system
    this.time = time
    this.manager = system.spawn(
      'model-manager',
      modelManagerActor({
        models: this.live.models,
        journal: this.journal,
        indexShards: this.shards,
        handlesFor: (handles, shard) => ({ ...handles, owned: Uint32Array.of(shard) }),
        preparePool: ({ generation }) =>
          new Promise((resolve, reject) => this.pool.push({ generation, resolve, reject })),
        readPromoted: async () => {
          if (this.pointerIsUnreadable) throw new Error('the pointer is unreadable')
          return this.promoted
        },
        isRecovered: () => this.isRecovered,
        read: id => this.read(id),
        schemaHash: testSchemaHash,
        clock: { now: () => 77 },
        monotonic: monotonic ?? time,
        settings: testSettings({ 'models.lookIntervalMs': 100, 'models.loadSliceMs': 4 }),
      }),
    )
  }

  get current(): string | null {
    return this.live.models.current?.id ?? null
  }

  get records() {
    return this.journal.of('append').flatMap(message => [...message.records])
  }

  async look(): Promise<void> {
    this.time.advance(100)
    await settle()
  }

  /** Moves the pointer and lets the manager see it. */
  async promote(id: string): Promise<void> {
    this.promoted = id
    await this.look()
  }

  /** The generation that the shards were told last. */
  get generation(): number {
    return this.shards[0].of('prepare').at(-1)!.handles.generation
  }

  async shardPrepared(shard: number, failure: string | null = null, generation = this.generation): Promise<void> {
    tell(this.manager, { type: 'shard-prepared', shard, generation, failure })
    await settle()
  }

  async poolPrepared(): Promise<void> {
    this.pool.at(-1)!.resolve()
    await settle()
  }

  async allPrepared(): Promise<void> {
    await this.shardPrepared(0)
    await this.shardPrepared(1)
    await this.poolPrepared()
  }

  /** The journal answers the last append. */
  async journaled(): Promise<void> {
    tell(this.journal.of('append').at(-1)!.replyTo!, { type: 'appended', firstSeq: 9 })
    await settle()
  }

  async takeUp(id: string): Promise<void> {
    await this.promote(id)
    await this.allPrepared()
    await this.journaled()
  }

  private async read(id: string): Promise<ModelSetContents> {
    this.reads.push(id)
    const fault = this.broken.get(id)
    if (fault !== undefined) throw new Error(fault)
    const contents = tinyModelSet(items)
    if (id !== 'short') return contents
    const { collaborative } = contents
    return { ...contents, collaborative: { ...collaborative, vectors: collaborative.vectors.subarray(0, 5) } }
  }
}
