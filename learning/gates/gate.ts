/**
 * The gate: whether a freshly trained model set may take the place of the one in use.
 *
 * 1. It decides from measurements alone: the same ones give the same verdict.
 * 2. Order is compared on the same held-out queries, paired, people resampled whole: the candidate must not be worse than a
 *    tolerance with 97.5 % confidence (non-inferiority; Piaggio et al., JAMA 308(24), 2012).
 * 3. What cannot be compared (no set in use, or one that other features feed) is held to the absolute bounds alone.
 */
import { pairedBootstrap } from '../../algorithms/statistics/bootstrap.ts'
import type { SettingsOf } from '../../config/fragment.ts'
import type { GateCheck, GateVerdict } from '../../models/artefact/artefact-manifest.ts'
import type { gateSettings } from './settings.ts'

export interface GateCandidate {
  /** Metrics of the held-out rows: `<objective>.ece`, `coverage`. */
  readonly metrics: Readonly<Record<string, number>>
  readonly objectives: Readonly<Record<string, { readonly trained: boolean }>>
  /** nDCG of each held-out query; NaN where a query has none. */
  readonly ndcg: ArrayLike<number>
}

export interface GateIncumbent {
  readonly id: string
  readonly objectives: Readonly<Record<string, { readonly trained: boolean }>>
  /** nDCG of the same queries in the same order; null where this set cannot be asked them. */
  readonly ndcg: ArrayLike<number> | null
}

export interface GateInput {
  readonly candidate: GateCandidate
  /** The set in use; null before the first. */
  readonly incumbent: GateIncumbent | null
  /** The person of each query: people are resampled, not queries. */
  readonly users: ArrayLike<number>
  readonly settings: SettingsOf<typeof gateSettings>
  readonly seed: number
}

export function judge(input: GateInput): GateVerdict {
  const { incumbent } = input
  const checks = [
    ...orderChecks(input),
    ...calibrationChecks(input),
    ...coverageChecks(input),
    ...objectiveChecks(input),
  ]
  const reasons = checks.filter(({ passed }) => !passed).map(({ text }) => text)
  const against = incumbent !== null && incumbent.ndcg !== null ? incumbent.id : null
  return { passed: reasons.length === 0, against, reasons, checks }
}

/** Two people are the fewest that a bootstrap can resample; with fewer the order says nothing. */
function orderChecks({ candidate, incumbent, users, settings, seed }: GateInput): GateCheck[] {
  if (incumbent === null || incumbent.ndcg === null) return []
  const { ndcgDropMax, rounds } = settings
  const bound = -ndcgDropMax
  const name = 'ndcg.difference.lower'
  const asked = new Set(Array.from(users).filter((_, query) => !Number.isNaN(candidate.ndcg[query]))).size
  if (asked < 2) {
    const text = `nDCG cannot be compared with ${incumbent.id}: held-out queries of ${asked} people are too few`
    return [{ name, passed: false, value: null, bound, text }]
  }
  const perQuery = { perQueryA: incumbent.ndcg, perQueryB: candidate.ndcg, clusterIds: users }
  const { lower, upper, meanDifference } = pairedBootstrap({ ...perQuery, seed, rounds })
  const passed = lower >= bound
  const interval = `${signed(meanDifference)} (${signed(lower)} to ${signed(upper)})`
  const text = `nDCG against ${incumbent.id} is ${interval}; its lower bound must not be below ${signed(bound)}`
  return [{ name, passed, value: lower, bound, text }]
}

function calibrationChecks({ candidate, settings: { eceMax } }: GateInput): GateCheck[] {
  return trainedOf(candidate.objectives).flatMap(objective => {
    const name = `${objective}.ece`
    const value = candidate.metrics[name]
    if (value === undefined) return []
    const passed = value <= eceMax
    return [
      {
        name,
        passed,
        value,
        bound: eceMax,
        text: `the calibration error of ${objective} is ${value.toFixed(4)}, at most ${eceMax} is allowed`,
      },
    ]
  })
}

function coverageChecks({ candidate, settings: { coverageMin } }: GateInput): GateCheck[] {
  if (coverageMin === 0) return []
  const name = 'coverage'
  const value = candidate.metrics[name] ?? null
  const passed = value !== null && value >= coverageMin
  const found = value === null ? 'was not measured' : `is ${value.toFixed(4)}`
  return [
    { name, passed, value, bound: coverageMin, text: `catalogue coverage ${found}, at least ${coverageMin} is asked` },
  ]
}

function objectiveChecks({ candidate, incumbent, settings }: GateInput): GateCheck[] {
  if (incumbent === null || !settings.keepObjectives) return []
  const kept = new Set(trainedOf(candidate.objectives))
  return trainedOf(incumbent.objectives).map(objective => {
    const passed = kept.has(objective)
    const text = `the objective ${objective}, which ${incumbent.id} has learned, was ${passed ? 'learned' : 'not learned'}`
    return { name: `${objective}.trained`, passed, value: Number(passed), bound: 1, text }
  })
}

function trainedOf(objectives: GateCandidate['objectives']): string[] {
  return Object.keys(objectives).filter(name => objectives[name].trained)
}

const signed = (value: number) => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(4)}`
