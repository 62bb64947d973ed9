import { describe, expect, it } from 'vitest'
import type { Engine } from '../../../actors/engine.ts'
import type { JournalEvent } from '../../../domain/event.ts'
import type { JournalRecord } from '../../../domain/journal.ts'
import type { JournalFollower } from '../../../evaluation/journal-follower.ts'
import type { WalkStep } from '../../../evaluation/scratch-directory.ts'
import { walk } from '../../../evaluation/walk.ts'
import { silentProgress } from '../../../telemetry/progress.ts'
import { sampleEvent, sampleItem } from '../../fakes/samples.ts'

/** An engine that notes what it is told, in order. */
function noting(log: string[]): Engine {
  return {
    appendEvents: async (events: readonly JournalEvent[]) => {
      await Promise.resolve()
      log.push(`events ${events.map(({ item }) => item).join(' ')}`)
      return events.map(({ eventId, type }) => ({ eventId, status: type === 'again' ? 'duplicate' : 'applied' }))
    },
    putItems: async () => log.push('item'),
    publishEpoch: async () => log.push('epoch'),
  } as unknown as Engine
}

const follower = { catchUp: async () => {} } as unknown as JournalFollower

function steps(...records: (JournalRecord | JournalEvent)[]): WalkStep[] {
  return records.map((record, i) => ({
    time: i,
    seq: i + 1,
    record: 'kind' in record ? record : { kind: 'event', at: i, event: record },
  }))
}

/** Asks before the given steps; a question takes a while, and says when it began and ended. */
async function walked(log: string[], all: WalkStep[], askBefore: Readonly<Record<number, string>>) {
  const queryBefore = ({ seq }: WalkStep) => {
    const userId = askBefore[seq]
    if (userId === undefined) return null
    const ask = async () => {
      log.push(`ask ${userId}`)
      await new Promise(resolve => setTimeout(resolve, 5))
      log.push(`answered ${userId}`)
    }
    return { userId, ask }
  }
  return walk(noting(log), follower, all, queryBefore, silentProgress)
}

describe('walking the running system', () => {
  it('applies everything before a query is asked, and tells the person nothing until it is answered', async () => {
    const log: string[] = []
    await walked(log, steps(sampleEvent('u', 'a'), sampleEvent('v', 'b'), sampleEvent('u', 'c')), { 3: 'u' })
    expect(log).toEqual(['events a b', 'ask u', 'answered u', 'events c'])
  })

  it('lets queries of different people overlap', async () => {
    const log: string[] = []
    await walked(log, steps(sampleEvent('u', 'a'), sampleEvent('v', 'b')), { 1: 'u', 2: 'v' })
    expect(log.indexOf('ask v')).toBeGreaterThan(log.indexOf('ask u'))
    const overlapping: string[] = []
    await walked(overlapping, steps(sampleEvent('x', 'a'), sampleEvent('x', 'b')), { 1: 'u', 2: 'v' })
    expect(overlapping.slice(0, 3)).toEqual(['ask u', 'events a', 'ask v'])
  })

  it('publishes counters and changes items only when every query before has been answered', async () => {
    const log: string[] = []
    const epoch: JournalRecord = { kind: 'epoch', at: 0 }
    const item: JournalRecord = { kind: 'item', at: 0, item: sampleItem('new') }
    await walked(log, steps(sampleEvent('v', 'a'), epoch, item), { 1: 'u' })
    expect(log).toEqual(['ask u', 'answered u', 'events a', 'epoch', 'item'])
  })

  it('counts the events that the system did not take', async () => {
    const outcome = await walked([], steps(sampleEvent('u', 'a'), sampleEvent('u', 'b', { type: 'again' })), {})
    expect(outcome.refused).toBe(1)
  })

  it('fails when a query fails', async () => {
    const failing = () => ({ userId: 'u', ask: () => Promise.reject(new Error('no answer')) })
    const all = steps(sampleEvent('u', 'a'))
    await expect(walk(noting([]), follower, all, failing, silentProgress)).rejects.toThrow('no answer')
  })
})
