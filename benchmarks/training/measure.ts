import type { MonotonicClock } from '../../domain/ports.ts'
import { referenceProductMs, type StepKind, type StepRunner } from './steps.ts'

export interface MeasureOptions {
  readonly clock: MonotonicClock
  /** Rounds that are taken and forgotten: kernels are chosen, buffers grow, code is compiled. */
  readonly warmUp: number
  /** Rounds are taken for so long, within the two bounds. */
  readonly milliseconds: number
  readonly roundsMin: number
  readonly roundsMax: number
}

interface Interleaved {
  readonly stepMs: readonly number[]
  readonly productMs: readonly number[]
}

/**
 * Takes steps and matrix products in turns, so that whatever slows the machine meets both alike. Before a product that
 * counts, one that does not: the step before it has filled the caches.
 */
export async function interleave(
  step: () => Promise<unknown>,
  product: StepRunner,
  { clock, warmUp, milliseconds, roundsMin, roundsMax }: MeasureOptions,
): Promise<Interleaved> {
  const timed = async (run: () => Promise<unknown>) => {
    const startedAt = clock.ms()
    await run()
    return clock.ms() - startedAt
  }
  const stepMs: number[] = []
  const productMs: number[] = []
  const round = async () => {
    stepMs.push(await timed(step))
    await product.step()
    productMs.push(await timed(() => product.step()))
  }
  for (let taken = 0; taken < warmUp; taken++) await round()
  stepMs.length = 0
  productMs.length = 0
  const end = clock.ms() + milliseconds
  while (stepMs.length < roundsMin || (stepMs.length < roundsMax && clock.ms() < end)) await round()
  return { stepMs, productMs }
}

/** The element below which the share lies, of values in any order. */
function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]
}

export interface StepFigures extends Pick<StepKind, 'id' | 'name' | 'work'> {
  readonly rounds: number
  readonly stepMs: Spread
  readonly productMs: Spread
  /** Median of the steps over the median of the products beside them. */
  readonly ratio: number
  /** The same of the fast tenths: nearer to a quiet machine where this one was busy. */
  readonly fastRatio: number
  readonly referenceRatio: number | null
}

interface Spread {
  readonly p10: number
  readonly p50: number
  readonly p90: number
}

export function figuresOf({ id, name, work, referenceMs }: Omit<StepKind, 'open'>, taken: Interleaved): StepFigures {
  const stepMs = spreadOf(taken.stepMs)
  const productMs = spreadOf(taken.productMs)
  const referenceRatio = referenceMs === null ? null : referenceMs / referenceProductMs
  const ratio = stepMs.p50 / productMs.p50
  const fastRatio = stepMs.p10 / productMs.p10
  return { id, name, work, rounds: taken.stepMs.length, stepMs, productMs, ratio, fastRatio, referenceRatio }
}

function spreadOf(values: readonly number[]): Spread {
  return { p10: quantile(values, 0.1), p50: quantile(values, 0.5), p90: quantile(values, 0.9) }
}
