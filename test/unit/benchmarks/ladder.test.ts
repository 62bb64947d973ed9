import { describe, expect, it } from 'vitest'
import { isPastPeak, peakOf, type Step } from '../../../benchmarks/load/ladder.ts'

const steps = (...perSecond: number[]): Step[] =>
  perSecond.map((rate, i) => ({ connections: 2 ** i, perSecond: rate, flawedShare: 0 }))

describe('the search for the peak', () => {
  it('goes on while more connections are answered faster', () => {
    expect(isPastPeak(steps(100))).toBe(false)
    expect(isPastPeak(steps(100, 90))).toBe(false)
    expect(isPastPeak(steps(100, 180, 300, 400, 500))).toBe(false)
    expect(isPastPeak(steps(100, 180, 300, 300, 310))).toBe(false)
  })

  it('ends after two steps that brought nothing', () => {
    expect(isPastPeak(steps(100, 200, 300, 400, 390))).toBe(false)
    expect(isPastPeak(steps(100, 200, 400, 390, 380))).toBe(true)
    expect(isPastPeak(steps(100, 200, 400, 401, 402))).toBe(true)
  })

  it('does not end before a few steps were taken, whatever they brought', () => {
    expect(isPastPeak(steps(100, 90, 80, 70))).toBe(false)
    expect(isPastPeak(steps(100, 90, 80, 70, 60))).toBe(true)
  })

  it('takes the fastest step as the peak, however late it came', () => {
    expect(peakOf(steps(100, 300, 290, 280))?.connections).toBe(2)
  })

  it('leaves out steps whose answers were not sound', () => {
    const flawed: Step = { connections: 8, perSecond: 900, flawedShare: 0.01 }
    expect(peakOf([...steps(100, 200), flawed])?.perSecond).toBe(200)
    expect(peakOf([flawed])).toBeUndefined()
    expect(isPastPeak([...steps(100, 150, 200), flawed, { ...flawed, connections: 16 }])).toBe(true)
  })
})
