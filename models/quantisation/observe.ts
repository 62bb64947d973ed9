import { type Feeds, openSession } from '../engine/session.ts'
import { encodeModel, type ModelParts } from '../onnx/model-proto.ts'

/** What a value was while the calibration rows went through the float model. */
export interface Observation {
  /** Number of axes. */
  readonly rank: number
  /** Between these lie all values, but for the share that a range may cut off. */
  readonly low: number
  readonly high: number
  /** Mean of each column of the last axis. */
  readonly columnMeans: Float64Array
}

/** A calibration row has a value that is not finite: it tells nothing about the range of ordinary ones. */
export class CalibrationNotFinite extends Error {
  override readonly name = 'CalibrationNotFinite'

  constructor(value: string) {
    super(`The calibration rows give values that are not finite at ${value}; leave such rows out.`)
  }
}

/**
 * Runs the model on every batch and looks at the named values.
 *
 * @param coverage share of the values that the range has to hold; what is rarer is cut off at both ends alike
 * @throws CalibrationNotFinite
 */
export async function observe(
  model: ModelParts,
  names: readonly string[],
  batches: readonly Feeds[],
  coverage: number,
): Promise<ReadonlyMap<string, Observation>> {
  const outputs = names.map(name => ({ name: `${name}.observed`, type: 'float32' as const }))
  const nodes = names.map((name, i) => ({ operator: 'Identity', inputs: [name], outputs: [outputs[i].name] }))
  const probe = encodeModel({ ...model, nodes: [...model.nodes, ...nodes], outputs })
  const session = await openSession(probe, { threads: 1 })
  const seen = names.map(() => [] as Observed[])
  try {
    for (const batch of batches) {
      const results = await session.run(batch)
      names.forEach((_, i) => {
        const { dims, data } = results[outputs[i].name]
        seen[i].push({ dims, data: data as Float32Array })
      })
    }
  } finally {
    await session.release()
  }
  return new Map(names.map((name, i) => [name, summarise(name, seen[i], coverage)]))
}

interface Observed {
  readonly dims: readonly number[]
  readonly data: Float32Array
}

function summarise(name: string, parts: readonly Observed[], coverage: number): Observation {
  const { dims } = parts[0]
  const columns = dims.at(-1) ?? 1
  const sorted = new Float32Array(parts.reduce((sum, { data }) => sum + data.length, 0))
  const columnMeans = new Float64Array(columns)
  let offset = 0
  for (const { data } of parts) {
    sorted.set(data, offset)
    offset += data.length
    for (let at = 0; at < data.length; at++) columnMeans[at % columns] += (data[at] * columns) / sorted.length
  }
  if (!columnMeans.every(Number.isFinite)) throw new CalibrationNotFinite(name)
  sorted.sort()
  const cut = Math.floor(((1 - coverage) / 2) * sorted.length)
  return { rank: dims.length, low: sorted[cut], high: sorted[sorted.length - 1 - cut], columnMeans }
}
