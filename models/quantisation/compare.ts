/** What an INT8 version costs and what it gains, in one table: neither says anything without the other. */
import { auc } from '../../algorithms/statistics/classification-metrics.ts'
import type { MonotonicClock } from '../../domain/ports.ts'
import { openSession, type Session, tensor } from '../engine/session.ts'

export interface ComparisonRows {
  /** [rows, columns] */
  readonly features: Float32Array
  readonly columns: number
  /** [rows, K], 0 or 1; without them no AUC is told. */
  readonly labels?: Float32Array
  /** [rows, K]; 0 leaves a label out. */
  readonly weights?: Float32Array
}

export interface ComparisonOptions {
  readonly clock: MonotonicClock
  /** Names of the K outputs, in order. */
  readonly objectives: readonly string[]
  /** Rows of one run: the candidates of one request. */
  readonly rowsPerRun?: number
  /** Timed runs of each model. */
  readonly runs?: number
}

/** The same for the same models and rows. */
export interface QuantisationLoss {
  readonly rows: number
  /** |logit of the INT8 model − logit of the float model|, over all rows and objectives. */
  readonly maxDifference: number
  readonly meanDifference: number
  /** Mean difference over the deviation of the float logits. */
  readonly relativeDifference: number
  readonly objectives: Readonly<Record<string, { readonly floatAuc: number; readonly int8Auc: number }>>
}

export interface QuantisationComparison extends QuantisationLoss {
  readonly rowsPerRun: number
  /** Median of one run, one thread. */
  readonly floatMs: number
  readonly int8Ms: number
  /** floatMs / int8Ms. */
  readonly speedUp: number
  readonly floatBytes: number
  readonly int8Bytes: number
}

const warmUpRuns = 10

/** Both models on the same rows, their runs taking turns so that a busy machine slows both alike. */
export function compareQuantised(
  float: Uint8Array,
  int8: Uint8Array,
  rows: ComparisonRows,
  { clock, objectives, rowsPerRun = 500, runs = 200 }: ComparisonOptions,
): Promise<QuantisationComparison> {
  return withBoth(float, int8, async sessions => {
    const loss = await lossOf(sessions, rows, objectives)
    const [floatMs, int8Ms] = await medianMs(sessions, rows, rowsPerRun, runs, clock)
    const times = { rowsPerRun, floatMs, int8Ms, speedUp: floatMs / int8Ms }
    return { ...loss, ...times, floatBytes: float.length, int8Bytes: int8.length }
  })
}

/** The part of the comparison that needs no clock. */
export function quantisationLoss(
  float: Uint8Array,
  int8: Uint8Array,
  rows: ComparisonRows,
  objectives: readonly string[],
): Promise<QuantisationLoss> {
  return withBoth(float, int8, sessions => lossOf(sessions, rows, objectives))
}

async function withBoth<Result>(
  float: Uint8Array,
  int8: Uint8Array,
  use: (sessions: readonly Session[]) => Promise<Result>,
): Promise<Result> {
  const sessions = [await openSession(float, { threads: 1 }), await openSession(int8, { threads: 1 })]
  try {
    return await use(sessions)
  } finally {
    for (const session of sessions) await session.release()
  }
}

async function lossOf(
  [float, int8]: readonly Session[],
  rows: ComparisonRows,
  objectives: readonly string[],
): Promise<QuantisationLoss> {
  const [floatLogits, int8Logits] = [await logitsOf(float, rows), await logitsOf(int8, rows)]
  return {
    rows: rows.features.length / rows.columns,
    ...differences(floatLogits, int8Logits),
    objectives: aucs(floatLogits, int8Logits, rows, objectives),
  }
}

async function logitsOf(session: Session, { features, columns }: ComparisonRows): Promise<Float32Array> {
  const feed = tensor(features, [features.length / columns, columns])
  return (await session.run({ features: feed })).logits.data as Float32Array
}

function differences(float: Float32Array, int8: Float32Array) {
  let [maxDifference, total, mean, squares] = [0, 0, 0, 0]
  for (let at = 0; at < float.length; at++) {
    const difference = Math.abs(float[at] - int8[at])
    maxDifference = Math.max(maxDifference, difference)
    total += difference
    mean += float[at] / float.length
    squares += (float[at] * float[at]) / float.length
  }
  const meanDifference = total / float.length
  return { maxDifference, meanDifference, relativeDifference: meanDifference / Math.sqrt(squares - mean * mean) }
}

function aucs(
  float: Float32Array,
  int8: Float32Array,
  { labels, weights }: ComparisonRows,
  objectives: readonly string[],
): QuantisationComparison['objectives'] {
  if (labels === undefined) return {}
  const width = objectives.length
  return Object.fromEntries(
    objectives.map((name, k) => {
      const places = Uint32Array.from({ length: labels.length / width }, (_, row) => row * width + k)
      const kept = places.filter(at => weights === undefined || weights[at] > 0)
      const pick = (values: Float32Array) => Float32Array.from(kept, at => values[at])
      return [name, { floatAuc: auc(pick(float), pick(labels)), int8Auc: auc(pick(int8), pick(labels)) }]
    }),
  )
}

async function medianMs(
  sessions: readonly Session[],
  { features, columns }: ComparisonRows,
  rowsPerRun: number,
  runs: number,
  clock: MonotonicClock,
): Promise<number[]> {
  const available = features.length / columns
  const batch = Float32Array.from(
    { length: rowsPerRun * columns },
    (_, at) => features[(Math.floor(at / columns) % available) * columns + (at % columns)],
  )
  const feed = { features: tensor(batch, [rowsPerRun, columns]) }
  const times = sessions.map(() => new Float64Array(runs))
  for (let run = -warmUpRuns; run < runs; run++) {
    for (const [which, session] of sessions.entries()) {
      const startedAt = clock.ms()
      await session.run(feed)
      if (run >= 0) times[which][run] = clock.ms() - startedAt
    }
  }
  return times.map(column => column.sort()[Math.floor(runs / 2)])
}
