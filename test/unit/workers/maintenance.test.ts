import { afterEach, describe, expect, it, vi } from 'vitest'
import { Maintenance } from '../../../workers/index-thread/maintenance.ts'

interface StepTime {
  ms: number
  readonly log: string[]
}

const startTime = (): StepTime => ({ ms: 0, log: [] })

/** Each of its steps takes a millisecond and writes its name. */
function* job(time: StepTime, name: string, steps: number, fault?: string): Generator<void> {
  for (let step = 0; step < steps; step++) {
    if (step === steps - 1 && fault !== undefined) throw new Error(fault)
    time.ms++
    time.log.push(name)
    yield
  }
}

const turn = () => new Promise<void>(resolve => setImmediate(resolve))

async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await turn()
}

describe('maintenance', () => {
  it('begins at once when there is nothing else to do, for one slice', () => {
    const time = startTime()
    const maintenance = new Maintenance(2, () => time.ms)
    maintenance.add(job(time, 'a', 1), () => time.log.push('a done'))
    expect(time.log).toEqual(['a', 'a done'])
    maintenance.add(job(time, 'b', 5), () => {})
    maintenance.add(job(time, 'c', 1), () => {})
    expect(time.log).toEqual(['a', 'a done', 'b', 'b'])
  })

  it('runs for one slice per turn, so that a search waits for one slice at most', async () => {
    const time = startTime()
    const maintenance = new Maintenance(2, () => time.ms)
    maintenance.add(job(time, 'a', 7), () => {})
    const perTurn: number[] = []
    for (let i = 0; i < 5; i++) {
      const before = time.log.length
      await turn()
      perTurn.push(time.log.length - before)
    }
    expect(perTurn).toEqual([2, 2, 1, 0, 0])
  })

  it('runs jobs one after another, in the order they were added, and says when each is done', async () => {
    const time = startTime()
    const maintenance = new Maintenance(2, () => time.ms)
    for (const [name, steps] of [
      ['a', 3],
      ['b', 0],
      ['c', 2],
    ] as const)
      maintenance.add(job(time, name, steps), failure => time.log.push(`${name} done ${failure}`))
    await turns(6)
    expect(time.log).toEqual(['a', 'a', 'a', 'a done null', 'b done null', 'c', 'c', 'c done null'])
  })

  it('says why a job broke off, and goes on with the next', async () => {
    const time = startTime()
    const maintenance = new Maintenance(2, () => time.ms)
    maintenance.add(job(time, 'a', 2, 'a vector is broken'), failure => time.log.push(`a done ${failure}`))
    maintenance.add(job(time, 'b', 1), failure => time.log.push(`b done ${failure}`))
    await turns(4)
    expect(time.log).toEqual(['a', 'a done Error: a vector is broken', 'b', 'b done null'])
  })

  it('starts again when a job comes after it has run dry', async () => {
    const time = startTime()
    const maintenance = new Maintenance(2, () => time.ms)
    maintenance.add(job(time, 'a', 1), () => {})
    await turns(3)
    maintenance.add(job(time, 'b', 1), () => {})
    await turns(3)
    expect(time.log).toEqual(['a', 'b'])
  })

  it('drops what is left when it is stopped', async () => {
    const time = startTime()
    const maintenance = new Maintenance(2, () => time.ms)
    maintenance.add(job(time, 'a', 10), () => time.log.push('a done'))
    await turn()
    maintenance.stop()
    maintenance.add(job(time, 'b', 1), () => time.log.push('b done'))
    await turns(4)
    expect(time.log).toEqual(['a', 'a', 'a', 'a'])
  })
})

describe('maintenance that may take a share of the thread', () => {
  afterEach(() => {
    vi.useRealTimers()
  })

  it('rests after each slice for as long as the share leaves to others, and not once the share is whole', () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'setImmediate', 'clearTimeout', 'clearImmediate'] })
    const time = startTime()
    let share = 0.25
    const maintenance = new Maintenance(
      2,
      () => time.ms,
      () => share,
    )
    maintenance.add(job(time, 'a', 9), () => time.log.push('a done'))
    expect(time.log).toHaveLength(2)
    vi.advanceTimersByTime(5)
    expect(time.log).toHaveLength(2)
    vi.advanceTimersByTime(1)
    expect(time.log).toHaveLength(4)
    share = 1
    vi.advanceTimersByTime(6)
    // The rest that had begun ends; from then on slices follow each other.
    vi.advanceTimersByTime(2)
    expect(time.log.at(-1)).toBe('a done')
  })
})
