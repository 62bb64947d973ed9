import { readlinkSync } from 'node:fs'
import { constants, setPriority } from 'node:os'
import { basename } from 'node:path'
import { workerData } from 'node:worker_threads'
import { settingsFromText } from '../../funnel/fragments.ts'
import { IndexPartition } from '../../funnel/index-partition.ts'
import type { GraphBuilderData } from './graph-build.ts'

/** Builds and saves the graphs of one partition at the lowest priority: it takes what nobody else wants of the processor. */
const { shards, settings, tables, handles, folder } = workerData as GraphBuilderData

yieldToOthers()
const partition = new IndexPartition(shards, settingsFromText(settings))
partition.setTables(tables)
for (const _ of partition.prepare(handles));
await partition.save(handles.generation, folder)

/** Linux gives every thread a priority of its own, by the id of the thread; elsewhere it stays that of the process. */
function yieldToOthers(): void {
  if (process.platform !== 'linux') return
  setPriority(Number(basename(readlinkSync('/proc/thread-self'))), constants.priority.PRIORITY_LOW)
}
