import { describe, expect, it } from 'vitest'
import { EngineError, type EngineErrorCode } from '../../../actors/engine.ts'
import type { Recommendation } from '../../../domain/recommendation.ts'
import { openDoor, rawPost } from './door.ts'

const url = '/v1/recommendations'

describe('a feed', () => {
  it('is what the engine recommends, an objective without labels as null', async () => {
    const { call, engine } = openDoor()
    const { status, body, headers } = await call('POST', url, { userId: 'ann' })
    expect(status).toBe(200)
    expect(headers['content-type']).toBe('application/json; charset=utf-8')
    expect(body).toEqual({
      requestId: 'id-1',
      items: [
        {
          id: 'a',
          score: 1.5,
          objectives: { click: 0.5, finish: 0.25, positive: null, negative: 0.125 },
          sources: ['trending'],
          reason: 'Popular now',
        },
      ],
      partial: false,
      degraded: null,
      modelSet: 'set-1',
    })
    expect(engine.requests).toEqual([
      { requestId: 'id-1', userId: 'ann', n: 10, context: {}, exclude: [], categories: [], explain: false },
    ])
  })

  it('is asked for with everything a request may say', async () => {
    const { call, engine } = openDoor()
    const body = {
      userId: 'ann',
      n: 200,
      context: { device: 'tv', region: 'DE', language: 'de', time: '2026-01-31T13:00:00+01:00' },
      exclude: ['x', '🎬'],
      categories: ['Drama'],
      explain: true,
    }
    expect((await call('POST', url, body)).status).toBe(200)
    const time = Date.UTC(2026, 0, 31, 12)
    expect(engine.requests).toEqual([{ ...body, requestId: 'id-1', context: { ...body.context, time } }])
  })

  it('carries the note and the trace that the engine gives', async () => {
    const { call, engine } = openDoor()
    const trace = { sources: {}, filters: {}, ranked: 0, stagesMs: {}, paths: [], removed: [] }
    const empty: Recommendation = {
      requestId: 'r',
      items: [],
      partial: true,
      degraded: 'ranker',
      modelSet: null,
      note: 'nothing left',
      trace,
    }
    engine.recommend = async () => empty
    expect((await call('POST', url, { userId: 'ann', explain: true })).body).toEqual(empty)
  })
})

describe('a bad feed request is refused', () => {
  const text = (length: number) => 'x'.repeat(length)
  it.each<[string, unknown, string, string | undefined]>([
    ['not an object', [1], 'invalid_type', undefined],
    ['null', null, 'invalid_type', undefined],
    ['without a person', {}, 'missing_field', 'userId'],
    ['with a field that is not known', { userId: 'a', m: 3 }, 'unknown_field', 'm'],
    [
      'with a context field that is not known',
      { userId: 'a', context: { country: 'DE' } },
      'unknown_field',
      'context.country',
    ],
    ['with overrides of the funnel', { userId: 'a', overrides: {} }, 'unknown_field', 'overrides'],
    ['with a request id', { userId: 'a', requestId: 'mine' }, 'unknown_field', 'requestId'],
    ['with a number for a person', { userId: 7 }, 'invalid_type', 'userId'],
    ['with null for a person', { userId: null }, 'invalid_type', 'userId'],
    ['with an empty person', { userId: '' }, 'out_of_range', 'userId'],
    ['with a person of 257 bytes', { userId: text(257) }, 'too_long', 'userId'],
    ['with a person of 65 emoji', { userId: '🎬'.repeat(65) }, 'too_long', 'userId'],
    ['for no items', { userId: 'a', n: 0 }, 'out_of_range', 'n'],
    ['for a million items', { userId: 'a', n: 1e6 }, 'out_of_range', 'n'],
    ['for minus one item', { userId: 'a', n: -1 }, 'out_of_range', 'n'],
    ['for half an item', { userId: 'a', n: 1.5 }, 'out_of_range', 'n'],
    ['for a text of items', { userId: 'a', n: '10' }, 'invalid_type', 'n'],
    ['with a context that is a list', { userId: 'a', context: [] }, 'invalid_type', 'context'],
    ['with an empty region', { userId: 'a', context: { region: '' } }, 'out_of_range', 'context.region'],
    ['with a long device', { userId: 'a', context: { device: text(257) } }, 'too_long', 'context.device'],
    ['with a region of 258 bytes', { userId: 'a', context: { region: 'ä'.repeat(129) } }, 'too_long', 'context.region'],
    ['with a time that is no time', { userId: 'a', context: { time: 'today' } }, 'bad_date', 'context.time'],
    ['with a time before 1970', { userId: 'a', context: { time: -1 } }, 'out_of_range', 'context.time'],
    ['with exclusions that are no list', { userId: 'a', exclude: 'x' }, 'invalid_type', 'exclude'],
    ['with too many exclusions', { userId: 'a', exclude: Array(1001).fill('x') }, 'too_many', 'exclude'],
    ['with a number excluded', { userId: 'a', exclude: ['x', 2] }, 'invalid_type', 'exclude[1]'],
    ['with too many categories', { userId: 'a', categories: Array(65).fill('x') }, 'too_many', 'categories'],
    ['with an empty category', { userId: 'a', categories: [''] }, 'out_of_range', 'categories[0]'],
    ['with a text for explain', { userId: 'a', explain: 'yes' }, 'invalid_type', 'explain'],
  ])('%s', async (_, body, code, field) => {
    const { call, engine, logged } = openDoor()
    const reply = await call('POST', url, body)
    expect(reply.status).toBe(400)
    expect(reply.body).toEqual({ error: { code, message: expect.any(String), field, hint: expect.any(String) } })
    expect(reply.body.error.hint).not.toBe('')
    expect(engine.untouched).toBe(true)
    expect(logged).toEqual([])
  })

  it('with the allowed range in the message', async () => {
    const { call } = openDoor()
    const { error } = (await call('POST', url, { userId: 'a', n: 0 })).body
    expect(error.message).toBe('n must be a whole number from 1 to 200, but is 0')
  })

  it('with a guess at the field that was meant', async () => {
    const { call } = openDoor()
    const { error } = (await call('POST', url, { userid: 'a' })).body
    expect(error).toMatchObject({ code: 'unknown_field', field: 'userid', hint: 'Did you mean userId?' })
  })

  it('when it holds half of a surrogate pair', async () => {
    const { send, engine } = openDoor()
    const { status, body } = await send(rawPost(url, '{"userId":"\\ud83c"}'))
    expect([status, body.error.code, body.error.field]).toEqual([400, 'invalid_type', 'userId'])
    expect(engine.untouched).toBe(true)
  })

  it('when a number is larger than any double', async () => {
    const { send } = openDoor()
    const { body } = await send(rawPost(url, '{"userId":"a","n":1e999}'))
    expect(body.error).toMatchObject({ code: 'not_finite', field: 'n' })
  })
})

describe('a failure of the engine', () => {
  it.each<[EngineErrorCode, number, string | undefined]>([
    ['overloaded', 503, '1'],
    ['not_ready', 503, '1'],
    ['storage_failed', 503, undefined],
    ['deadline', 504, undefined],
    ['internal', 500, undefined],
  ])('%s is answered %d', async (code, expected, retryAfter) => {
    const { call, engine } = openDoor()
    engine.recommend = async () => {
      throw new EngineError(code, 'because of that')
    }
    const { status, headers, body } = await call('POST', url, { userId: 'a' })
    expect(status).toBe(expected)
    expect(headers['retry-after']).toBe(retryAfter)
    expect(body).toEqual({ error: { code, message: expect.any(String), hint: expect.any(String) } })
  })

  it('that nobody foresaw is logged with its stack, and the client learns nothing of it', async () => {
    const { call, engine, logged } = openDoor()
    engine.recommend = async () => {
      throw new RangeError('row 17 is secret')
    }
    const { status, body } = await call('POST', url, { userId: 'a' })
    expect([status, body.error.code]).toEqual([500, 'internal'])
    expect(JSON.stringify(body)).not.toMatch(/secret|fake-engine|RangeError/)
    expect(logged).toHaveLength(1)
    expect(JSON.parse(logged[0])).toMatchObject({ level: 'error', route: url, err: { message: 'row 17 is secret' } })
  })

  it('is logged when it is a defect, not when it is load', async () => {
    const { call, engine, logged } = openDoor()
    for (const code of ['overloaded', 'not_ready', 'deadline', 'storage_failed'] as const) {
      engine.recommend = async () => {
        throw new EngineError(code, 'because of that')
      }
      await call('POST', url, { userId: 'a' })
    }
    expect(logged.map(line => JSON.parse(line).err.code)).toEqual(['storage_failed'])
  })
})

describe('admission', () => {
  it('refuses at once what is beyond the limit, and lets in again what there is room for', async () => {
    const { call, engine, metrics } = openDoor({ set: { 'http.requestsInFlightMax': '2' } })
    const answer = engine.recommend.bind(engine)
    const held: (() => void)[] = []
    engine.recommend = async request => {
      await new Promise<void>(resolve => held.push(resolve))
      return answer(request)
    }
    const ask = () => call('POST', url, { userId: 'a' })
    const admitted = [ask(), ask()]
    await expect.poll(() => held.length).toBe(2)
    const refused = await ask()
    expect([refused.status, refused.headers['retry-after'], refused.body.error.code]).toEqual([503, '1', 'overloaded'])
    expect(metrics.renderPrometheus()).toContain('sluice_http_in_flight{kind="recommendations"} 2')

    held.shift()!()
    expect((await admitted[0]).status).toBe(200)
    const next = ask()
    await expect.poll(() => held.length).toBe(2)
    for (const release of held) release()
    expect([(await admitted[1]).status, (await next).status]).toEqual([200, 200])
    expect(metrics.renderPrometheus()).toContain('sluice_http_in_flight{kind="recommendations"} 0')
    expect(metrics.renderPrometheus()).toContain('sluice_http_refused_total{kind="recommendations"} 1')
  })

  it('gives the place back when the engine fails or the request is bad', async () => {
    const { call, engine } = openDoor({ set: { 'http.requestsInFlightMax': '1' } })
    const answer = engine.recommend
    engine.recommend = async () => {
      throw new Error('broken')
    }
    expect((await call('POST', url, { userId: 'a' })).status).toBe(500)
    expect((await call('POST', url, {})).status).toBe(400)
    engine.recommend = answer
    expect((await call('POST', url, { userId: 'a' })).status).toBe(200)
  })
})
