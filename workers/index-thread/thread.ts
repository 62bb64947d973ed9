import { parentPort, workerData } from 'node:worker_threads'
import { settingsFromText } from '../../funnel/fragments.ts'
import type { ModelSetHandles } from '../../funnel/ports.ts'
import { RetrievalStage } from '../../funnel/retrieve.ts'
import { indexSettings } from '../../funnel/settings.ts'
import { GraphBuild } from './graph-build.ts'
import { Maintenance, type MaintenanceDone } from './maintenance.ts'
import type { FromIndexThread, IndexThreadData, ToIndexThread } from './messages.ts'

/**
 * The index thread: searches when asked, and keeps its graphs up to date in slices between two searches. Changes of items
 * do not wait for a model set that is being built, which may take minutes; the two share the slice. While it is asked,
 * building takes a share of the thread; a thread that is not asked, because it is new or nobody comes, builds all the time.
 * Where another set answers already, and there is more to build than a few vectors, a thread of low priority does it.
 */
const data = workerData as IndexThreadData
const port = parentPort!
const settings = settingsFromText(data.settings)
const stage = new RetrievalStage(data.shard, data.shards, settings, () => performance.now())
const { upsertSliceMs, buildShare, exactItemsMax } = settings.of(indexSettings)
const sliceMs = upsertSliceMs / 2
const askedLatelyMs = 1000
let askedAt = Number.NEGATIVE_INFINITY
let tables = data.tables
const building = new Map<number, GraphBuild>()
let isStopping = false
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

function prepare(handles: ModelSetHandles): void {
  const { generation } = handles
  const done: MaintenanceDone = failure =>
    say(failure === null ? { type: 'prepared', generation } : { type: 'prepare-failed', generation, reason: failure })
  if (!stage.partition.isServing || handles.owned.length <= exactItemsMax) {
    return builds.add(stage.partition.prepare(handles), done)
  }
  stage.partition.expect(generation)
  buildBeside(handles).then(
    steps => builds.add(steps, done),
    error => done(String(error)),
  )
}

/** @returns the steps that are left once the graphs are here */
async function buildBeside(handles: ModelSetHandles): Promise<Iterator<void>> {
  const build = await GraphBuild.start({ ...data, tables, handles })
  building.set(handles.generation, build)
  try {
    if (isStopping) throw new Error('the thread is ending')
    return await stage.partition.adopt(handles, await build.whole())
  } finally {
    building.delete(handles.generation)
    await build.close()
  }
}

function retire(generation: number): void {
  building.get(generation)?.close()
  changes.add(stage.partition.retire(generation), () => {})
}

async function stop(): Promise<void> {
  isStopping = true
  changes.stop()
  builds.stop()
  await Promise.all(building.values().map(build => build.close()))
  port.close()
}

function receive(message: ToIndexThread): void {
  switch (message.type) {
    case 'retrieve':
      return retrieve(message.call, message.frame)
    case 'tables':
      tables = message.tables
      return stage.partition.setTables(tables)
    case 'fill':
      return update(message.items, () => say({ type: 'filled' }))
    case 'items-changed':
      return update(message.items, () => {})
    case 'prepare':
      return prepare(message.handles)
    case 'retire':
      return retire(message.generation)
    case 'stop':
      stop()
      return
    case 'die':
      throw new Error('index thread ended by a fault switch')
    default:
      message satisfies never
  }
}

stage.partition.setTables(data.tables)
port.on('message', receive)
say({ type: 'ready' })
