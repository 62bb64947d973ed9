import { describe, expect, it } from 'vitest'
import { createProgress, silentProgress } from '../../../telemetry/progress.ts'

function collect(isTTY: boolean, environment: Record<string, string> = { NO_COLOR: '1' }) {
  const written: string[] = []
  const clock = { now: 0, ms: () => clock.now }
  const stream = { isTTY, write: (text: string) => written.push(text) }
  return { written, clock, progress: createProgress({ stream, clock, environment }) }
}

describe('progress', () => {
  it('says nothing about a step that is over within two seconds', () => {
    const { written, clock, progress } = collect(false)
    progress.step('reading', 10)
    clock.now = 1999
    progress.advance(10)
    progress.done()
    expect(written).toEqual([])
  })

  it('writes a plain line every few seconds where there is no terminal', () => {
    const { written, clock, progress } = collect(false, {})
    progress.step('reading', 20_000)
    for (clock.now = 100; clock.now <= 10_000; clock.now += 100) progress.advance(200)
    progress.done()
    expect(written).toEqual([
      'reading: 20% (4k of 20k), 2k/s, 8.0 s left\n',
      'reading: 70% (14k of 20k), 2k/s, 3.0 s left\n',
      'reading: 20k in 10.1 s\n',
    ])
  })

  it('redraws a bar in place on a terminal', () => {
    const { written, clock, progress } = collect(true)
    progress.step('training', 100)
    clock.now = 4000
    progress.advance(50)
    clock.now = 4050
    progress.advance(1)
    progress.step('next')
    expect(written).toEqual([
      '\r\x1b[2Ktraining: [############------------] 50% (50 of 100), 12.5/s, 4.0 s left',
      '\r\x1b[2Ktraining: 51 in 4.0 s\n',
    ])
  })

  it('colours the bar on a terminal only when NO_COLOR is not set', () => {
    const draw = (isTTY: boolean, environment: Record<string, string>) => {
      const { written, clock, progress } = collect(isTTY, environment)
      progress.step('a', 2)
      clock.now = 2000
      progress.advance()
      return written.join('').includes('\x1b[36m')
    }
    expect([draw(true, {}), draw(true, { NO_COLOR: '1' }), draw(false, {})]).toEqual([true, false, false])
  })

  it('counts without a total when none is known', () => {
    const { written, clock, progress } = collect(false)
    progress.step('importing')
    clock.now = 61_000
    progress.advance(1_234_567)
    progress.done()
    expect(written).toEqual(['importing: 1.23M, 20.2k/s\n', 'importing: 1.23M in 1 min 01 s\n'])
  })

  it('can be silent', () => {
    silentProgress.step('a', 1)
    silentProgress.advance()
    expect(silentProgress.done()).toBeUndefined()
  })
})
