import { describe, expect, it } from 'vitest'
import { createLogger } from '../../../telemetry/log.ts'

function collect(isTTY: boolean, environment: Record<string, string> = {}) {
  const written: string[] = []
  const stream = { isTTY, write: (text: string) => written.push(text) }
  return { written, log: createLogger({ name: 'sluice', level: 'info', stream, environment }) }
}

describe('the log', () => {
  it('is one JSON object per line when nobody watches', () => {
    const { written, log } = collect(false)
    log.child({ actor: '/journal' }).warn({ items: 3 }, 'late')
    log.debug('not this')
    expect(written).toHaveLength(1)
    expect(JSON.parse(written[0]!)).toMatchObject({
      level: 'warn',
      name: 'sluice',
      actor: '/journal',
      items: 3,
      msg: 'late',
    })
  })

  it('is one line of text on a terminal', () => {
    const { written, log } = collect(true, { NO_COLOR: '1' })
    log.info({ path: '/data/a b', items: 3 }, 'started')
    log.error({ err: new RangeError('too far') }, 'stopped')
    expect(written[0]).toMatch(/^\d\d:\d\d:\d\d\.\d{3} INFO {2}sluice: started path="\/data\/a b" items=3\n$/)
    expect(written[1]).toMatch(/^\S+ ERROR sluice: stopped err="RangeError: too far at .*"\n$/)
  })

  it('is coloured on a terminal only, and not with NO_COLOR', () => {
    const isColoured = (isTTY: boolean, environment = {}) => {
      const { written, log } = collect(isTTY, environment)
      log.info('x')
      return written[0]!.includes('\x1b[')
    }
    expect([isColoured(true), isColoured(true, { NO_COLOR: '1' }), isColoured(false)]).toEqual([true, false, false])
  })
})
