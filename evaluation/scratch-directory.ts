import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { JournalRecord, Numbered } from '../domain/journal.ts'
import { DataDirectory, type DirectoryLayout } from '../storage/data-directory.ts'
import type { JournalReader } from '../storage/event-log.ts'
import type { JournalSettings } from '../storage/lmdb-event-log.ts'
import { openJournal } from '../storage/open-journal.ts'
import type { Progress } from '../telemetry/progress.ts'
import { type Cut, isBefore } from './query-plan.ts'

/** A record of the history behind the cut, to be told to the running system. */
export interface WalkStep {
  /** Epoch ms; of anything but an event, the time of the latest event before it. */
  readonly time: number
  /** Number in the journal it was read from. */
  readonly seq: number
  readonly record: JournalRecord
}

/** What shapes the state of a data directory; feeds and promotions of the past are not part of the history. */
const copiedKinds = ['item', 'item-delete', 'user', 'user-delete', 'event', 'epoch'] as const

const recordsPerAppend = 2000

/** A data directory of its own for an evaluation, so that the real one is only read. */
export async function makeScratchDirectory(): Promise<DirectoryLayout> {
  const directory = DataDirectory.open(await mkdtemp(join(tmpdir(), 'sluice-evaluation-')), { now: () => Date.now() })
  directory.close()
  return directory.layout
}

export function removeScratchDirectory({ root }: DirectoryLayout): Promise<void> {
  return rm(root, { recursive: true, force: true })
}

/**
 * Copies everything before the cut into the scratch journal, in journal order.
 * @returns what lies behind the cut, by time and then by number
 */
export async function copyHistory(
  source: JournalReader,
  toSeq: number,
  cut: Cut,
  scratch: DirectoryLayout,
  settings: JournalSettings,
  progress: Progress,
): Promise<WalkStep[]> {
  const target = await openJournal(scratch.journal, settings)
  const behind: WalkStep[] = []
  let batch: JournalRecord[] = []
  progress.step('copying the history to be learned from', toSeq)
  try {
    for (const step of stepsOf(source.read(1, { toSeq, kinds: copiedKinds }))) {
      if (isBefore(step.time, step.seq, cut)) batch.push(step.record)
      else behind.push(step)
      if (batch.length < recordsPerAppend) continue
      await target.append(batch)
      progress.advance(batch.length)
      batch = []
    }
    if (batch.length > 0) await target.append(batch)
  } finally {
    progress.done()
    await target.close()
  }
  return behind.sort((a, b) => a.time - b.time || a.seq - b.seq)
}

function* stepsOf(records: Iterable<Numbered>): Generator<WalkStep> {
  let latest = Number.NEGATIVE_INFINITY
  for (const { seq, record } of records) {
    const time = record.kind === 'event' ? record.event.time : latest
    latest = Math.max(latest, time)
    yield { time, seq, record }
  }
}
