/** Learning rate by step, 1 for the first. */
export type Schedule = (step: number) => number

export interface ScheduleSettings {
  /** The rate after warm-up. */
  readonly learningRate: number
  /** Steps over which the rate climbs linearly from 0. */
  readonly warmupSteps: number
  readonly decay: 'constant' | 'cosine'
}

/** Linear warm-up, then constant, or half a cosine down to a hundredth at `totalSteps` (Loshchilov & Hutter, ICLR 2017). */
export function learningRateSchedule(settings: ScheduleSettings, totalSteps: number): Schedule {
  const { learningRate, warmupSteps, decay } = settings
  const floor = 0.01
  return step => {
    if (step < warmupSteps) return (learningRate * step) / warmupSteps
    if (decay === 'constant') return learningRate
    const progress = Math.min(1, (step - warmupSteps) / Math.max(1, totalSteps - warmupSteps))
    return learningRate * (floor + (1 - floor) * 0.5 * (1 + Math.cos(Math.PI * progress)))
  }
}
