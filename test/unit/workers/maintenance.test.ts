import { describe, expect, it } from 'vitest'
import { Maintenance } from '../../../workers/index-thread/maintenance.ts'

/** Time that passes by one millisecond per step of a job. */
class StepTime {
  ms = 0
  readonly log: string[] = []

  *job(name: string, steps: number, fault?: string): Generator<void> {
    for (let step = 0; step < steps; step++) {
      if (step === steps - 1 && fault !== undefined) throw new Error(fault)
      this.ms++
      this.log.push(name)
      yield
    }
  }
}

const turn = () => new Promise<void>(resolve => setImmediate(resolve))

async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await turn()
}

describe('maintenance', () => {
  it('does nothing in the turn in which it is asked', () => {
    const time = new StepTime()
    new Maintenance(2, () => time.ms).add(time.job('a', 3), () => {})
    expect(time.log).toEqual([])
  })

  it('runs for one slice per turn, so that a search waits for one slice at most', async () => {
    const time = new StepTime()
    const maintenance = new Maintenance(2, () => time.ms)
    maintenance.add(time.job('a', 7), () => {})
    const perTurn: number[] = []
    for (let i = 0; i < 5; i++) {
      const before = time.log.length
      await turn()
      perTurn.push(time.log.length - before)
    }
    expect(perTurn).toEqual([2, 2, 2, 1, 0])
  })

  it('runs jobs one after another, in the order they were added, and says when each is done', async () => {
    const time = new StepTime()
    const maintenance = new Maintenance(2, () => time.ms)
    for (const [name, steps] of [
      ['a', 3],
      ['b', 0],
      ['c', 2],
    ] as const)
      maintenance.add(time.job(name, steps), failure => time.log.push(`${name} done ${failure}`))
    await turns(6)
    expect(time.log).toEqual(['a', 'a', 'a', 'a done null', 'b done null', 'c', 'c', 'c done null'])
  })

  it('says why a job broke off, and goes on with the next', async () => {
    const time = new StepTime()
    const maintenance = new Maintenance(2, () => time.ms)
    maintenance.add(time.job('a', 2, 'a vector is broken'), failure => time.log.push(`a done ${failure}`))
    maintenance.add(time.job('b', 1), failure => time.log.push(`b done ${failure}`))
    await turns(4)
    expect(time.log).toEqual(['a', 'a done Error: a vector is broken', 'b', 'b done null'])
  })

  it('starts again when a job comes after it has run dry', async () => {
    const time = new StepTime()
    const maintenance = new Maintenance(2, () => time.ms)
    maintenance.add(time.job('a', 1), () => {})
    await turns(3)
    maintenance.add(time.job('b', 1), () => {})
    await turns(3)
    expect(time.log).toEqual(['a', 'b'])
  })

  it('drops what is left when it is stopped', async () => {
    const time = new StepTime()
    const maintenance = new Maintenance(2, () => time.ms)
    maintenance.add(time.job('a', 10), () => time.log.push('a done'))
    await turn()
    maintenance.stop()
    maintenance.add(time.job('b', 1), () => time.log.push('b done'))
    await turns(4)
    expect(time.log).toEqual(['a', 'a'])
  })
})
