import { parentPort, workerData } from 'node:worker_threads'
import { settingsFromText } from '../../funnel/fragments.ts'
import { RetrievalStage } from '../../funnel/retrieve.ts'
import { indexSettings } from '../../funnel/settings.ts'
import { Maintenance } from './maintenance.ts'
import type { FromIndexThread, IndexThreadData, ToIndexThread } from './messages.ts'

/**
 * The index thread: searches when asked, and keeps its graphs up to date in slices between two searches. Changes of items
 * do not wait for a model set that is being built, which may take minutes; the two share the slice. While it is asked,
 * building takes a share of the thread; a thread that is not asked, because it is new or nobody comes, builds all the time.
 */
const data = workerData as IndexThreadData
const port = parentPort!
const settings = settingsFromText(data.settings)
const stage = new RetrievalStage(data.shard, data.shards, settings, () => performance.now())
const { upsertSliceMs, buildShare } = settings.of(indexSettings)
const sliceMs = upsertSliceMs / 2
const askedLatelyMs = 1000
let askedAt = Number.NEGATIVE_INFINITY
const changes = new Maintenance(sliceMs, () => performance.now())
const builds = new Maintenance(
  sliceMs,
  () => performance.now(),
  () => (performance.now() - askedAt < askedLatelyMs ? buildShare : 1),
)

function say(message: FromIndexThread, transfer: ArrayBuffer[] = []): void {
  port.postMessage(message, transfer)
}

function retrieve(call: number, frame: ArrayBuffer): void {
  askedAt = performance.now()
  try {
    const reply = stage.retrieve(frame)
    say({ type: 'retrieved', call, frame: reply }, [reply])
  } catch (error) {
    say({ type: 'retrieve-failed', call, reason: String(error) })
  }
}

/** Items that cannot be placed are a defect, which costs the thread: the next one starts from what is right. */
function update(items: Uint32Array, done: () => void): void {
  changes.add(stage.partition.update(items), failure => {
    if (failure !== null) throw new Error(`items could not be placed: ${failure}`)
    done()
  })
}

function receive(message: ToIndexThread): void {
  switch (message.type) {
    case 'retrieve':
      return retrieve(message.call, message.frame)
    case 'tables':
      return stage.partition.setTables(message.tables)
    case 'fill':
      return update(message.items, () => say({ type: 'filled' }))
    case 'items-changed':
      return update(message.items, () => {})
    case 'prepare': {
      const { generation } = message.handles
      return builds.add(stage.partition.prepare(message.handles), failure =>
        say(
          failure === null ? { type: 'prepared', generation } : { type: 'prepare-failed', generation, reason: failure },
        ),
      )
    }
    case 'retire':
      return stage.partition.retire(message.generation)
    case 'stop':
      changes.stop()
      builds.stop()
      return port.close()
    case 'die':
      throw new Error('index thread ended by a fault switch')
    default:
      message satisfies never
  }
}

stage.partition.setTables(data.tables)
port.on('message', receive)
say({ type: 'ready' })
