/** Windows of the same load, with and without something done to the model sets in the middle. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Progress } from '../../telemetry/progress.ts'
import type { LoadBench, Measured } from '../load-bench.ts'
import { feedsAndEvents } from '../scenarios/peak.ts'
import type { Operator, Refused, TakenUp } from './operator.ts'

export const windowKinds = ['before', 'swap', 'rollback', 'refused'] as const
export type WindowKind = (typeof windowKinds)[number]

export interface Window extends Measured {
  /** What was done in its middle, and what came of it; absent in the window before. */
  readonly done?: TakenUp | Refused
}

export type Round = Readonly<Record<WindowKind, Window>>

export interface RoundPlan {
  /** Requests per second, feeds and events. */
  readonly perSecond: number
  /** Feeds of each window, at least. */
  readonly requests: number
  /** The longest that a window waits for its feeds beside what is done in it. */
  readonly windowMaxMs: number
  readonly present: string
  readonly other: string
  readonly foreign: string
}

const lookMs = 100
/** What a switch leaves behind, such as graphs that are freed, still counts as the switch. */
const aftermathMs = 1000

export async function measureRound(
  bench: LoadBench,
  operator: Operator,
  plan: RoundPlan,
  tell: Progress['step'],
): Promise<Round> {
  const { present, other, foreign } = plan
  const shape = { kind: 'paced', perSecond: plan.perSecond } as const

  async function measure(kind: WindowKind, act?: () => Promise<TakenUp | Refused>): Promise<Window> {
    tell(kind)
    let done: TakenUp | Refused | undefined
    const measured = await bench.measureWhile(shape, feedsAndEvents, async () => {
      const half = Math.ceil(plan.requests / 2)
      await answered(bench, half, plan.windowMaxMs / 2)
      if (act !== undefined) done = await bench.stretch(() => followed(act))
      await answered(bench, (await bench.answeredFeeds()) + half, plan.windowMaxMs / 2)
    })
    return { ...measured, ...(done !== undefined && { done }) }
  }

  return {
    before: await measure('before'),
    swap: await measure('swap', () => operator.promote(present, other)),
    rollback: await measure('rollback', () => operator.rollBack(other, present)),
    refused: await measure('refused', () => operator.offer(foreign, present)),
  }
}

async function followed<T>(act: () => Promise<T>): Promise<T> {
  const result = await act()
  await sleep(aftermathMs)
  return result
}

/** Until so many feeds have been answered since the window began, or the time for them is up. */
async function answered(bench: LoadBench, feeds: number, maxMs: number): Promise<void> {
  const until = performance.now() + maxMs
  while (performance.now() < until && (await bench.answeredFeeds()) < feeds) await sleep(lookMs)
}
