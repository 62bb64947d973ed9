import { deriveKey } from '../../models/engine/random.ts'
import type { Histories } from '../../models/histories.ts'
import { bucketShapes, epochBatches } from '../../models/sequence/sequence-batches.ts'
import type { Progress } from '../../telemetry/progress.ts'
import { figure, percent, table } from '../report/tables.ts'
import { figuresOf, interleave, type MeasureOptions, type StepFigures } from './measure.ts'
import { SequenceSteps, sasrec } from './sequence-steps.ts'
import type { StepRunner } from './steps.ts'

/** An epoch of the sequence model, full softmax, in batches of like length. Products are matrix products. */
export interface BucketedFigures {
  readonly buckets: readonly StepFigures[]
  readonly windows: number
  readonly realPositions: number
  /** Share of the positions that is padding, and what it is in batches of the longest length. */
  readonly padding: number
  readonly unbucketedPadding: number
  /** Products that 1,000 real positions take: in buckets, and in batches of the longest length as measured and as published. */
  readonly perThousand: number
  readonly unbucketedPerThousand: number
  readonly referencePerThousand: number
}

export interface BucketedOptions {
  readonly histories: Histories
  readonly sizes: { readonly sequenceBatch: number; readonly longLength: number; readonly bucketTokens: number }
  readonly threads: number
  readonly measure: MeasureOptions
  readonly product: StepRunner
  /** The step on a batch of the longest length. */
  readonly unbucketed: StepFigures
}

/** Measures each bucket by itself; an epoch is as many steps of each as the histories give it batches. */
export async function measureBucketed(options: BucketedOptions, progress: Progress): Promise<BucketedFigures> {
  const { histories, sizes, threads, measure, product, unbucketed } = options
  const { longLength, sequenceBatch, bucketTokens } = sizes
  const shapes = bucketShapes(longLength, sasrec.bucketStep, bucketTokens)
  const batches = epochBatches(histories, shapes, sasrec.windows, deriveKey(1, 'epoch'))
  const trainer = await SequenceSteps.open({ histories, shapes, negatives: 0, threads })
  const buckets: StepFigures[] = []
  let [products, room] = [0, 0]
  for (const [shape, { batch, length }] of shapes.entries()) {
    const own = batches.filter(one => one.shape === shape)
    if (own.length === 0) continue
    const work = `L=${length}, batch ${batch}`
    progress.step(`SASRec in buckets: ${work}`)
    let next = 0
    const taken = await interleave(() => trainer.step(own[next++ % own.length]), product, measure)
    const figures = figuresOf({ id: `bucket-${length}`, name: `${own.length} batches`, work, referenceMs: null }, taken)
    buckets.push(figures)
    products += own.length * figures.ratio
    room += own.length * batch * length
  }
  await trainer.close()
  const windows = batches.reduce((sum, { lengths }) => sum + lengths.length, 0)
  const realPositions = batches.reduce((sum, { lengths }) => sum + lengths.reduce((a, b) => a + b, 0), 0)
  const perThousand = (all: number) => (all / realPositions) * 1000
  const wholeBatches = windows / sequenceBatch
  return {
    buckets,
    windows,
    realPositions,
    padding: 1 - realPositions / room,
    unbucketedPadding: 1 - realPositions / (windows * longLength),
    perThousand: perThousand(products),
    unbucketedPerThousand: perThousand(wholeBatches * unbucketed.ratio),
    referencePerThousand: perThousand(wholeBatches * (unbucketed.referenceRatio ?? Number.NaN)),
  }
}

export function bucketedText(figures: BucketedFigures): string {
  const { buckets, windows, realPositions, padding, unbucketedPadding } = figures
  const { perThousand, unbucketedPerThousand, referencePerThousand } = figures
  const rows = buckets.map(({ name, work, productMs, stepMs, ratio }) => [
    work,
    name,
    ...[productMs.p50, stepMs.p50, ratio].map(figure),
  ])
  return [
    `SASRec in buckets, full softmax: an epoch of ${windows} windows with ${realPositions} real positions`,
    table(['bucket', 'per epoch', 'product ms', 'p50 ms', 'ratio'], rows),
    `padding ${percent(padding)}, in batches of the longest length ${percent(unbucketedPadding)}`,
    `products per 1,000 real positions: ${figure(perThousand)}; in batches of the longest length ${figure(unbucketedPerThousand)}, published ${figure(referencePerThousand)}`,
    `better than the published row by ${figure(referencePerThousand / perThousand)}, than the row above by ${figure(unbucketedPerThousand / perThousand)}`,
  ].join('\n')
}
