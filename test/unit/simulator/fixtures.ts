import { createHash } from 'node:crypto'
import type { InteractionEvent } from '../../../domain/event.ts'
import { type SimulatorSettings, simulatorSettings } from '../../../simulator/settings.ts'
import { createWorld, type World } from '../../../simulator/world.ts'

export function smallWorld(overrides: Partial<SimulatorSettings> = {}): World {
  return createWorld(simulatorSettings({ titles: 400, people: 120, days: 21, ...overrides }))
}

/** The events of each request in the order of their times. */
export function byRequest(log: Iterable<InteractionEvent>): Map<string, InteractionEvent[]> {
  const requests = new Map<string, InteractionEvent[]>()
  for (const event of log) {
    const list = requests.get(event.requestId!)
    if (list === undefined) requests.set(event.requestId!, [event])
    else list.push(event)
  }
  return requests
}

export function digest(values: Iterable<unknown>): string {
  const hash = createHash('sha256')
  for (const value of values) hash.update(`${JSON.stringify(value)}\n`)
  return hash.digest('hex')
}

export function correlation(left: ArrayLike<number>, right: ArrayLike<number>): number {
  const mean = (values: ArrayLike<number>) => Array.from(values).reduce((sum, value) => sum + value, 0) / values.length
  const meanLeft = mean(left)
  const meanRight = mean(right)
  let both = 0
  let squareLeft = 0
  let squareRight = 0
  for (let i = 0; i < left.length; i++) {
    both += (left[i] - meanLeft) * (right[i] - meanRight)
    squareLeft += (left[i] - meanLeft) ** 2
    squareRight += (right[i] - meanRight) ** 2
  }
  return both / Math.sqrt(squareLeft * squareRight)
}
