import { resolveSettings } from '../../cli/settings.ts'
import type { JournalKind, Numbered } from '../../domain/journal.ts'
import { checkParity, type ParityReport } from '../../evaluation/parity.ts'
import { layoutOf } from '../../storage/data-directory.ts'
import type { JournalReader, ReadOptions, RecordOf } from '../../storage/event-log.ts'
import { openJournal } from '../../storage/open-journal.ts'
import type { Progress } from '../../telemetry/progress.ts'
import type { ScenarioOptions } from '../scenario.ts'

/**
 * Computes the feeds nearest to every promotion in the journal again, each from the one model set that it names, and
 * compares query vectors, provenance and features of all ranked candidates bit for bit: what was retrieved or described
 * with another set would differ.
 *
 * @param count feeds before and after each promotion
 */
export async function replayFeedsAtSwitches(
  dataDir: string,
  set: ScenarioOptions['set'],
  count: number,
  progress: Progress,
): Promise<ParityReport> {
  const { journal: folder, models: modelsRoot } = layoutOf(dataDir)
  const settings = resolveSettings({ dataDir, environment: process.env, commandLine: set })
  const journal = await openJournal(folder, { readOnly: true })
  try {
    const wanted = nearestToPromotions(journal, count)
    return await checkParity({ journal: new Sampled(journal, wanted), modelsRoot, settings, progress })
  } finally {
    await journal.close()
  }
}

/** Numbers of served records. */
function nearestToPromotions(journal: JournalReader, count: number): Set<number> {
  const wanted = new Set<number>()
  let recent: number[] = []
  let left = 0
  for (const { seq, record } of journal.read(journal.firstSeq, { kinds: ['served', 'promotion'] })) {
    if (record.kind === 'promotion') {
      for (const before of recent) wanted.add(before)
      left = count
    } else {
      recent = [...recent.slice(1 - count), seq]
      if (left-- > 0) wanted.add(seq)
    }
  }
  return wanted
}

/** A journal without the feeds that are not wanted. */
class Sampled implements Pick<JournalReader, 'firstSeq' | 'lastSeq' | 'read'> {
  private readonly journal: JournalReader
  private readonly wanted: ReadonlySet<number>

  constructor(journal: JournalReader, wanted: ReadonlySet<number>) {
    this.journal = journal
    this.wanted = wanted
  }

  get firstSeq(): number {
    return this.journal.firstSeq
  }

  get lastSeq(): number {
    return this.journal.lastSeq
  }

  *read<K extends JournalKind = JournalKind>(
    fromSeq: number,
    options?: ReadOptions<K>,
  ): Generator<Numbered<RecordOf<K>>, void> {
    for (const numbered of this.journal.read(fromSeq, options)) {
      if (numbered.record.kind !== 'served' || this.wanted.has(numbered.seq)) yield numbered
    }
  }
}
