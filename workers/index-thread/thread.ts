import { parentPort, workerData } from 'node:worker_threads'
import { settingsFromText } from '../../funnel/fragments.ts'
import { RetrievalStage } from '../../funnel/retrieve.ts'
import { indexSettings } from '../../funnel/settings.ts'
import { Maintenance } from './maintenance.ts'
import type { FromIndexThread, IndexThreadData, ToIndexThread } from './messages.ts'

/** The index thread: searches when asked, and keeps its graphs up to date in slices between two searches. */
const data = workerData as IndexThreadData
const port = parentPort!
const settings = settingsFromText(data.settings)
const stage = new RetrievalStage(data.shard, data.shards, settings, () => performance.now())
const maintenance = new Maintenance(settings.of(indexSettings).upsertSliceMs, () => performance.now())

function say(message: FromIndexThread, transfer: ArrayBuffer[] = []): void {
  port.postMessage(message, transfer)
}

function retrieve(call: number, frame: ArrayBuffer): void {
  try {
    const reply = stage.retrieve(frame)
    say({ type: 'retrieved', call, frame: reply }, [reply])
  } catch (error) {
    say({ type: 'retrieve-failed', call, reason: String(error) })
  }
}

function receive(message: ToIndexThread): void {
  switch (message.type) {
    case 'retrieve':
      return retrieve(message.call, message.frame)
    case 'tables':
      return stage.partition.setTables(message.tables)
    case 'items-changed':
      return maintenance.add(stage.partition.update(message.items), () => {})
    case 'prepare': {
      const { generation } = message.handles
      return maintenance.add(stage.partition.prepare(message.handles), failure =>
        say(
          failure === null ? { type: 'prepared', generation } : { type: 'prepare-failed', generation, reason: failure },
        ),
      )
    }
    case 'retire':
      return stage.partition.retire(message.generation)
    case 'stop':
      maintenance.stop()
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
