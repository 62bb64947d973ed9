import { describe, expect, it } from 'vitest'
import { EngineError } from '../../../actors/engine.ts'
import type { EventRejection, EventResult } from '../../../domain/event.ts'
import { Role } from '../../../domain/roles.ts'
import { openDoor, rawPost } from './door.ts'

const url = '/v1/events'
const event = (fields: object = {}) => ({ type: 'click', user: 'ann', item: 'alien', ...fields })

describe('an event', () => {
  it('reaches the journal with everything it said, its roles and the time of receipt', async () => {
    const { call, engine } = openDoor()
    const said = {
      eventId: 'e1',
      type: 'rating',
      user: 'ann',
      item: '🎬/1',
      value: 5,
      time: '2026-01-30T00:00:00Z',
      requestId: 'r1',
      context: { device: 'tv', region: 'DE', language: 'de' },
    }
    const { status, body } = await call('POST', url, said)
    expect(status).toBe(200)
    expect(body).toEqual({ results: [{ eventId: 'e1', status: 'durable', applied: false, seq: 1 }] })
    const roles = Role.click | Role.finish | Role.positive
    expect(engine.events).toEqual([{ ...said, time: Date.UTC(2026, 0, 30), roles, receivedAt: engine.nowMs }])
  })

  it('gets an id and the time of receipt when it has none', async () => {
    const { call, engine } = openDoor()
    const { body } = await call('POST', url, event())
    expect(body.results[0].eventId).toBe('id-1')
    expect(engine.events[0]).toMatchObject({ eventId: 'id-1', time: engine.nowMs, receivedAt: engine.nowMs })
  })

  it.each([
    ['data', 'keeps a time that is later than the clock: it moves that on', 86_400_000, 86_400_000],
    ['data', 'keeps a time that has passed', -86_400_000, -86_400_000],
    ['real', 'has not happened later than it was received', 86_400_000, 0],
    ['real', 'keeps a time that has passed', -86_400_000, -86_400_000],
  ])('under a clock of kind %s %s', async (kind, _, saidMs, keptMs) => {
    const { call, engine } = openDoor({ set: { 'engine.clock': kind } })
    await call('POST', url, event({ time: engine.nowMs + saidMs }))
    expect(engine.events[0]).toMatchObject({ time: engine.nowMs + keptMs, receivedAt: engine.nowMs })
  })

  it.each(['received', 'durable', 'applied'])('is acknowledged when it is %s, if that is asked for', async ack => {
    const { call, engine } = openDoor()
    const { body } = await call('POST', `${url}?ack=${ack}`, event())
    expect(body.results[0]).toMatchObject({ status: ack, applied: ack === 'applied' })
    expect(engine.levels).toEqual([ack])
  })

  it.each([
    ['?ack=sometime', 'out_of_range', 'ack'],
    ['?ack=durable&ack=applied', 'invalid_type', 'ack'],
    ['?level=applied', 'unknown_field', 'level'],
  ])('is refused with the query %s', async (query, code, field) => {
    const { call, engine } = openDoor()
    const { status, body } = await call('POST', url + query, event())
    expect([status, body.error.code, body.error.field]).toEqual([400, code, field])
    expect(engine.untouched).toBe(true)
  })
})

describe('a bad event is refused', () => {
  it.each<[string, unknown, string, string | undefined]>([
    ['a number', 5, 'invalid_type', undefined],
    ['null', null, 'invalid_type', undefined],
    ['without a type', { user: 'u', item: 'i' }, 'missing_field', 'type'],
    ['without a person', { type: 'click', item: 'i' }, 'missing_field', 'user'],
    ['without an item', { type: 'click', user: 'u' }, 'missing_field', 'item'],
    ['of an unknown type', event({ type: 'klick' }), 'unknown_type', 'type'],
    ['of a type that every object has', event({ type: 'constructor' }), 'unknown_type', 'type'],
    ['with a field that is not known', event({ itemId: 'i' }), 'unknown_field', 'itemId'],
    ['with a context field that is not known', event({ context: { time: 5 } }), 'unknown_field', 'context.time'],
    ['with an empty id', event({ eventId: '' }), 'out_of_range', 'eventId'],
    ['with a long request id', event({ requestId: 'r'.repeat(300) }), 'too_long', 'requestId'],
    ['with a text as value', event({ value: '5' }), 'invalid_type', 'value'],
    ['with null as value', event({ value: null }), 'invalid_type', 'value'],
    ['with a time that is no time', event({ time: '2026-02-30T00:00:00Z' }), 'bad_date', 'time'],
    ['with a time that has no offset', event({ time: '2026-02-20T00:00:00' }), 'bad_date', 'time'],
    ['with a time after 2100', event({ time: '2101-01-01T00:00:00Z' }), 'out_of_range', 'time'],
    ['with a boolean as time', event({ time: true }), 'invalid_type', 'time'],
  ])('%s', async (_, body, code, field) => {
    const { call, engine } = openDoor()
    const reply = await call('POST', url, body)
    expect(reply.status).toBe(400)
    expect(reply.body.error).toEqual({ code, message: expect.any(String), field, hint: expect.any(String) })
    expect(reply.body.results).toHaveLength(1)
    expect(engine.untouched).toBe(true)
  })

  it.each(['value', 'time'])('with an infinite %s', async field => {
    const { send, engine } = openDoor()
    const { status, body } = await send(rawPost(url, JSON.stringify(event({ [field]: 0 })).replace(':0', ':-1e999')))
    expect([status, body.error.code, body.error.field]).toEqual([400, 'not_finite', field])
    expect(engine.untouched).toBe(true)
  })

  it('with a prototype in disguise', async () => {
    const { send, engine } = openDoor()
    const { body } = await send(rawPost(url, '{"type":"click","user":"u","item":"i","__proto__":{"value":1}}'))
    expect(body.error).toMatchObject({ code: 'unknown_field', field: '__proto__' })
    expect(engine.untouched).toBe(true)
  })
})

describe('a batch of events', () => {
  it.each([
    ['a plain list', (events: object[]) => events, ''],
    ['a list in an object', (events: object[]) => ({ events }), 'events'],
  ])('is %s; the bad ones are refused one by one and the good ones journalled in order', async (_, wrap, path) => {
    const { call, engine } = openDoor()
    const body = wrap([
      event({ eventId: 'e0' }),
      event({ eventId: 'e1', item: '' }),
      event({ eventId: 'e2' }),
      event({ type: 'klick' }),
      event({ eventId: 'e4', context: { region: 5 } }),
    ])
    const reply = await call('POST', url, body)
    expect(reply.status).toBe(200)
    const rejected = (eventId: string, code: string, field: string) => {
      const error = { code, field: `${path}${field}`, hint: expect.stringContaining(`${path}${field} `) }
      return { eventId, status: 'rejected', error }
    }
    expect(reply.body).toEqual({
      results: [
        { eventId: 'e0', status: 'durable', applied: false, seq: 1 },
        rejected('e1', 'out_of_range', '[1].item'),
        { eventId: 'e2', status: 'durable', applied: false, seq: 2 },
        rejected('id-1', 'unknown_type', '[3].type'),
        rejected('e4', 'invalid_type', '[4].context.region'),
      ],
    })
    expect(engine.events.map(e => e.eventId)).toEqual(['e0', 'e2'])
  })

  it('may repeat an id; the engine hears of both, in order', async () => {
    const { call, engine } = openDoor()
    await call('POST', url, [event({ eventId: 'e', item: 'a' }), event({ eventId: 'e', item: 'b' })])
    expect(engine.events.map(e => e.item)).toEqual(['a', 'b'])
  })

  it('may be empty', async () => {
    const { call, engine } = openDoor()
    expect(await call('POST', url, { events: [] })).toMatchObject({ status: 200, body: { results: [] } })
    expect(engine.levels).toEqual([])
  })

  it('is an error when every event is bad: the first one, beside the results', async () => {
    const { call, engine } = openDoor()
    const { status, body } = await call('POST', url, { events: [event({ item: 5 }), 7] })
    expect(status).toBe(400)
    expect(body.error).toMatchObject({ code: 'invalid_type', field: 'events[0].item' })
    expect(body.results.map((r: { error: EventRejection }) => r.error.field)).toEqual(['events[0].item', 'events[1]'])
    expect(engine.untouched).toBe(true)
  })

  it.each<[string, unknown, string, string | undefined]>([
    ['too long', Array(10_001).fill(event()), 'too_many', undefined],
    ['too long inside of an object', { events: Array(10_001).fill(event()) }, 'too_many', 'events'],
    ['no list', { events: event() }, 'invalid_type', 'events'],
    ['beside another field', { events: [], ack: 'applied' }, 'unknown_field', 'ack'],
  ])('is refused as a whole when it is %s', async (_, body, code, field) => {
    const { call, engine } = openDoor()
    const reply = await call('POST', url, body)
    expect(reply.status).toBe(400)
    expect(reply.body).toEqual({ error: { code, message: expect.any(String), field, hint: expect.any(String) } })
    expect(engine.untouched).toBe(true)
  })
})

describe('what the engine says about events', () => {
  const rejection = (code: EventRejection['code'], field?: string): EventResult => {
    return { eventId: 'e', status: 'rejected', error: { code, field, hint: 'because' } }
  }
  const done: EventResult = { eventId: 'e', status: 'durable', applied: false, seq: 9 }
  const duplicate: EventResult = { eventId: 'e', status: 'duplicate' }

  async function answered(results: EventResult[]) {
    const { call, engine } = openDoor()
    engine.appendEvents = async () => results
    return call('POST', url, { events: results.map(() => event()) })
  }

  it.each<[string, EventResult[], number, string | undefined]>([
    ['one was taken', [rejection('overloaded'), done], 200, undefined],
    ['one was known already', [duplicate, rejection('unknown_item')], 200, undefined],
    [
      'all items are unknown',
      [rejection('unknown_item', 'item'), rejection('unknown_item', 'item')],
      400,
      'unknown_item',
    ],
    ['all were too much', [rejection('overloaded'), rejection('overloaded')], 503, 'overloaded'],
    ['some were too much and the rest is bad', [rejection('unknown_item'), rejection('overloaded')], 503, 'overloaded'],
    ['none could be stored', [rejection('storage_failed')], 503, 'storage_failed'],
  ])('decides the status when %s', async (_, results, status, code) => {
    const reply = await answered(results)
    expect([reply.status, reply.body.error?.code]).toEqual([status, code])
    expect(reply.body.results).toHaveLength(results.length)
    expect(reply.headers['retry-after']).toBe(code === 'overloaded' ? '1' : undefined)
  })

  it('is told with the place in the body', async () => {
    const { body } = await answered([done, rejection('unknown_item', 'item')])
    expect(body.results[1].error).toEqual({ code: 'unknown_item', field: 'events[1].item', hint: 'because' })
  })

  it('is told as a sentence', async () => {
    const { body } = await answered([rejection('unknown_item', 'item')])
    expect(body.error.message).toBe('events[0].item is not the id of an item in the catalogue')
  })

  it('stands beside what the door refused, each at its place', async () => {
    const { call, engine } = openDoor()
    engine.appendEvents = async events => events.map(() => rejection('unknown_item', 'item'))
    const { status, body } = await call('POST', url, [event({ user: 5 }), event()])
    expect([status, body.error.code, body.error.field]).toEqual([400, 'invalid_type', '[0].user'])
    expect(body.results[1].error).toMatchObject({ code: 'unknown_item', field: '[1].item' })
  })

  it('is an error of the whole request when the engine fails', async () => {
    const { call, engine } = openDoor()
    engine.appendEvents = async () => {
      throw new EngineError('not_ready', 'the journal is opening')
    }
    const { status, body } = await call('POST', url, event())
    expect([status, body.error.code, body.error.message]).toEqual([503, 'not_ready', 'the journal is opening'])
  })
})

describe('events on their way', () => {
  it('are bounded: what is beyond is refused as overloaded before it reaches the journal', async () => {
    const { call, engine } = openDoor({ set: { 'limits.eventQueueDepthMax': '3' } })
    const append = engine.appendEvents.bind(engine)
    const held: (() => void)[] = []
    engine.appendEvents = async (events, level) => {
      await new Promise<void>(resolve => held.push(resolve))
      return append(events, level)
    }
    const first = call('POST', url, [event(), event()])
    await expect.poll(() => held.length).toBe(1)
    const refused = await call('POST', url, [event({ eventId: 'x' }), event()])
    expect([refused.status, refused.headers['retry-after'], refused.body.error.code]).toEqual([503, '1', 'overloaded'])
    expect(refused.body.results[0]).toMatchObject({ eventId: 'x', status: 'rejected', error: { code: 'overloaded' } })
    held[0]()
    expect((await first).status).toBe(200)
    expect(engine.events).toHaveLength(2)
  })

  it('may be more than the bound when they come as one batch and nothing else is on its way', async () => {
    const { call } = openDoor({ set: { 'limits.eventQueueDepthMax': '1' } })
    expect((await call('POST', url, [event(), event()])).status).toBe(200)
  })
})
