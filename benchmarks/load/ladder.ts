/** Numbers of connections that are tried for the peak, in turn. */
export const ladder = [1, 2, 4, 8, 16, 32, 64, 128] as const

/** What one number of connections gave. */
export interface Step {
  readonly connections: number
  readonly perSecond: number
  /** Answers that were not a whole feed or an accepted event, as a share of all. */
  readonly flawedShare: number
}

/** A step counts towards the peak while at most this share of its answers is refused, partial or degraded. */
const flawedShareMax = 0.001
const gainMin = 0.02

/** Few connections leave threads idle, and a busy machine can hide that there is more to gain. */
const stepsMin = 5

/** True once two steps in a row brought less than 2 % over the best before them: more connections only wait longer. */
export function isPastPeak(steps: readonly Step[]): boolean {
  if (steps.length < stepsMin) return false
  const best = Math.max(...steps.slice(0, -2).map(sound))
  return steps.slice(-2).every(step => sound(step) < best * (1 + gainMin))
}

/** The step with the most answers per second among those whose answers were sound, or undefined when none was. */
export function peakOf<S extends Step>(steps: readonly S[]): S | undefined {
  const soundSteps = steps.filter(step => sound(step) > 0)
  return soundSteps.reduce<S | undefined>(
    (best, step) => (best === undefined || step.perSecond > best.perSecond ? step : best),
    undefined,
  )
}

function sound({ perSecond, flawedShare }: Step): number {
  return flawedShare <= flawedShareMax ? perSecond : 0
}
