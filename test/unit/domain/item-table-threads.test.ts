import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { ItemTableWriter } from '../../../domain/item-table/item-table-writer.ts'
import { VectorSpaceWriter } from '../../../domain/shared/vector-space.ts'
import { factsOf } from './fixtures/row-facts.ts'
import { type ReadingTask, Word } from './fixtures/table-reading-thread.ts'

const items = 5003
const rowsMax = 1_000_000
const reclaimEvery = 150_000

test('another thread reads whole rows of the pinned number while rows are appended, reclaimed and used again', async () => {
  const table = new ItemTableWriter({ itemsMax: items, rowsMax })
  const space = new VectorSpaceWriter(2, rowsMax)
  const control = new Int32Array(new SharedArrayBuffer(16))
  const task: ReadingTask = { table: table.handles(), space: space.handles(), items, control: control.buffer }
  const reader = new Worker(new URL('./fixtures/table-reading-thread.ts', import.meta.url), { workerData: task })
  await once(reader, 'message')

  let reused = 0
  for (let seq = 1; Atomics.load(control, Word.stop) === 0; seq++) {
    const item = seq % items
    const before = table.reader.rowCount
    const row = table.append(item, factsOf(item, seq), seq)
    space.write(row, [item, seq])
    if (row < before) reused++
    Atomics.store(control, Word.latestSeq, seq)
    if (seq % reclaimEvery !== 0) continue

    // The reader's pins only rise, so whatever it pins from here on is at or above the one it shows now.
    const pinned = Atomics.load(control, Word.pinnedSeq)
    for (const freed of table.reclaim(pinned)) space.clear(freed)
    if (seq - pinned > reclaimEvery) Atomics.wait(control, Word.pinnedSeq, pinned, 1000)
    if (seq >= 4 * reclaimEvery && Atomics.load(control, Word.checks) > 20_000) Atomics.store(control, Word.stop, 1)
  }
  const [verdict] = await once(reader, 'message')
  await reader.terminate()

  expect(verdict).toBe('consistent')
  expect(Atomics.load(control, Word.checks)).toBeGreaterThan(20_000)
  expect(reused).toBeGreaterThan(0)
  expect(table.reader.rowCount).toBeGreaterThan(2 * 65_536)
})
