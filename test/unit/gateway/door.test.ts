import { once } from 'node:events'
import { type AddressInfo, connect } from 'node:net'
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { loadSettings } from '../../../config/load.ts'
import { httpSettings } from '../../../gateway/settings.ts'
import { json, openDoor, rawPost } from './door.ts'

const posts = ['/v1/recommendations', '/v1/events', '/v1/items', '/v1/users']

describe.each(posts)('a body sent to %s', url => {
  it.each<[string, string | Buffer]>([
    ['empty', ''],
    ['cut off', '{"userId":'],
    ['not quoted', '{userId:1}'],
    ['two values', '{} {}'],
    ['NaN', '{"value":NaN}'],
    ['very deep', '['.repeat(200_000)],
    ['not UTF-8', Buffer.from([0x22, 0xff, 0x22])],
  ])('is refused as malformed JSON when it is %s', async (_, payload) => {
    const { send, engine, logged } = openDoor()
    const { status, body } = await send(rawPost(url, payload))
    expect([status, body.error.code]).toEqual([400, 'malformed_json'])
    expect(body.error.hint).not.toBe('')
    expect(engine.untouched).toBe(true)
    expect(logged).toEqual([])
  })

  it('is refused when there is none at all', async () => {
    const { call } = openDoor()
    const { status, body } = await call('POST', url)
    expect([status, body.error.code, body.error.message]).toEqual([400, 'malformed_json', 'the body is empty'])
  })

  it('is refused without trouble when it is very deep and complete', async () => {
    const { send, engine } = openDoor()
    const deep = `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`
    for (const payload of [deep, `[${deep}]`, `{"events":[${deep}]}`, `{"userId":${deep}}`]) {
      expect((await send(rawPost(url, payload))).status).toBe(400)
    }
    expect(engine.untouched).toBe(true)
  })

  it.each([
    ['text', { 'content-type': 'text/plain' }],
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['nonsense', { 'content-type': 'json' }],
    ['nothing', {}],
    ['compressed', { ...json, 'content-encoding': 'gzip' }],
  ])('is refused when it is declared as %s', async (_, headers: Record<string, string>) => {
    const { send, engine } = openDoor()
    const { status, body } = await send(rawPost(url, '{"userId":"a"}', headers))
    expect([status, body.error.code]).toEqual([415, 'unsupported_media_type'])
    expect(engine.untouched).toBe(true)
  })

  it('is refused when it is larger than the limit', async () => {
    const { send, engine } = openDoor({ set: { 'limits.bodyBytesMax': '2000' } })
    const { status, body } = await send(rawPost(url, JSON.stringify({ userId: 'x'.repeat(2000) })))
    expect([status, body.error.code]).toEqual([413, 'body_too_large'])
    expect(engine.untouched).toBe(true)
  })

  it('may have a media type with a charset', async () => {
    const { send } = openDoor()
    const headers = { 'content-type': 'application/json; charset=utf-8' }
    expect((await send(rawPost(url, '[]', headers))).body.error?.code).not.toBe('unsupported_media_type')
  })
})

describe('any JSON', () => {
  const words = ['userId', 'n', 'context', 'exclude', 'events', 'items', 'users', 'id', 'type', 'user', 'item', 'value']
  const more = ['time', 'title', 'vectors', 'categories', 'region', 'click', 'rating', '__proto__', 'constructor']
  const known = fc.constantFrom(...words, ...more)
  const { json: anything } = fc.letrec<{ json: unknown }>(tie => ({
    json: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.oneof(known, fc.double(), fc.integer(), fc.boolean(), fc.constant(null), fc.string({ unit: 'binary' })),
      fc.array(tie('json'), { maxLength: 4 }),
      fc.dictionary(fc.oneof(known, fc.string()), tie('json'), { maxKeys: 6 }),
    ),
  }))

  it('is answered 200 or refused with a typed error, never a failure of the server', async () => {
    const { send, logged } = openDoor()
    const typed = { code: expect.any(String), message: expect.any(String), hint: expect.any(String) }
    await fc.assert(
      fc.asyncProperty(anything, async value => {
        const payload = JSON.stringify(value)
        const puts = ['/v1/items/a', '/v1/users/a'].map(url => send({ ...rawPost(url, payload), method: 'PUT' }))
        for (const { status, body } of await Promise.all([...posts.map(url => send(rawPost(url, payload))), ...puts])) {
          expect([200, 400]).toContain(status)
          if (status === 400) expect(body.error).toMatchObject(typed)
        }
      }),
      { numRuns: 100 },
    )
    expect(logged).toEqual([])
  })
})

describe('health', () => {
  it('is live while the process answers, ready when the engine is', async () => {
    const { call, engine } = openDoor()
    expect(await call('GET', '/v1/health/live')).toMatchObject({ status: 200, body: { live: true } })
    expect(await call('GET', '/v1/health/ready')).toMatchObject({ status: 200, body: { ready: true, degraded: [] } })
    engine.notReady = ['shard 2 is building']
    const { status, body } = await call('GET', '/v1/health/ready')
    expect([status, body]).toEqual([503, { ready: false, reasons: ['shard 2 is building'] }])
    expect((await call('GET', '/v1/health/live')).status).toBe(200)
  })
})

describe('health, degraded', () => {
  it('is ready, and says what works with less than it should', async () => {
    const { call, engine } = openDoor()
    const said = {
      since: 0,
      path: '/model-manager',
      state: 'degraded',
      reason: 'model set x was refused: torn',
    } as const
    const fine = { since: 0, path: '/journal', state: 'ready', reason: '' } as const
    engine.health = () => ({ state: 'degraded', ready: true, reasons: [], actors: [fine, said] })
    const { status, body } = await call('GET', '/v1/health/ready')
    const degraded = ['/model-manager: model set x was refused: torn']
    expect([status, body]).toEqual([200, { ready: true, degraded }])
  })
})

describe('metrics', () => {
  it('are Prometheus text, with a latency for every route and class of status from the start', async () => {
    const { call } = openDoor()
    const { status, headers, body } = await call('GET', '/metrics')
    expect([status, headers['content-type']]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8'])
    const counts = body.split('\n').filter((line: string) => line.startsWith('sluice_http_request_seconds_count'))
    expect(counts).toHaveLength(3 * 13)
    expect(counts).toContain('sluice_http_request_seconds_count{route="PUT /v1/items/{id}",status="2xx"} 0')
  })

  it('count every answer under its route', async () => {
    const { call, engine, metrics } = openDoor()
    await call('PUT', '/v1/items/a', { title: 'A' })
    await call('GET', '/v1/items/a')
    await call('GET', '/v1/items/b')
    engine.notReady = ['starting']
    await call('GET', '/v1/health/ready')
    const rendered = metrics.renderPrometheus()
    for (const labels of [
      'route="PUT /v1/items/{id}",status="2xx"',
      'route="GET /v1/items/{id}",status="2xx"',
      'route="GET /v1/items/{id}",status="4xx"',
      'route="GET /v1/health/ready",status="5xx"',
    ]) {
      expect(rendered).toContain(`sluice_http_request_seconds_count{${labels}} 1\n`)
    }
  })
})

describe('faults', () => {
  const url = '/v1/faults/index-threads/1/die'

  it('do not exist unless they are switched on', async () => {
    const { call, engine } = openDoor()
    expect((await call('POST', url)).status).toBe(404)
    expect(engine.killed).toEqual([])
  })

  it('end the thread that the path names', async () => {
    const { call, engine } = openDoor({ faults: true })
    expect((await call('POST', url)).body).toEqual({ shard: 1, status: 'killed' })
    expect(engine.killed).toEqual([1])
  })

  it.each(['x', '-1', '1.5', '1e3', '99999999999'])('refuse the shard %s', async shard => {
    const { call, engine } = openDoor({ faults: true })
    const { status, body } = await call('POST', `/v1/faults/index-threads/${shard}/die`)
    expect([status, body.error.code, body.error.field]).toEqual([400, 'out_of_range', 'shard'])
    expect(engine.killed).toEqual([])
  })
})

describe('a path that leads nowhere', () => {
  it.each([
    ['GET', '/'],
    ['GET', '/v1/recommendations'],
    ['POST', '/v1/items/a'],
    ['DELETE', '/v1/items'],
    ['GET', '/v1/items/a/b'],
    ['PUT', '/v2/items/a'],
  ] as const)('%s %s is answered 404 in the same form as every error', async (method, url) => {
    const { call } = openDoor()
    const { status, body } = await call(method, url)
    expect(status).toBe(404)
    expect(body.error).toMatchObject({ code: 'not_found', message: `there is no route ${method} "${url}"` })
  })
})

describe('on a real connection', () => {
  const opened: ReturnType<typeof openDoor>[] = []
  afterEach(async () => {
    for (const { server } of opened.splice(0)) await server.close()
  })

  async function speak(bytes: string): Promise<string> {
    const door = openDoor()
    opened.push(door)
    await door.server.listen({ host: '127.0.0.1', port: 0 })
    const socket = connect((door.server.server.address() as AddressInfo).port, '127.0.0.1')
    let heard = ''
    socket.setEncoding('utf8').on('data', text => {
      heard += text
    })
    socket.write(bytes)
    await once(socket, 'close')
    return heard
  }

  it('what is not HTTP is answered in the same form as every error', async () => {
    const heard = await speak('HELLO\r\n\r\n')
    expect(heard).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/)
    expect(JSON.parse(heard.split('\r\n\r\n')[1]).error.code).toBe('malformed_request')
  })

  it('a body that is announced as too large is refused before it is sent', async () => {
    const head = `POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${2 ** 40}\r\n\r\n`
    const heard = await speak(head)
    expect(heard).toMatch(/^HTTP\/1\.1 413 /)
    expect(heard).toContain('"code":"body_too_large"')
  })

  it.each([
    ['%2541', '%41'],
    ['%2E%2E', '..'],
    ['.', '.'],
  ])('the id %s in the path is %s, decoded once and not resolved', async (encoded, id) => {
    const heard = await speak(`GET /v1/items/${encoded} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
    expect(heard).toContain(`there is no item \\"${id}\\"`)
  })
})

describe('the settings of the door', () => {
  it('have the names that people expect, and change no answer', () => {
    const plain = loadSettings([httpSettings], {})
    expect(plain.of(httpSettings)).toMatchObject({ host: '127.0.0.1', port: 8080, requestsInFlightMax: 256 })
    const set = loadSettings([httpSettings], { environment: { SLUICE_HOST: '::', SLUICE_PORT: '0' } })
    expect(set.of(httpSettings)).toMatchObject({ host: '::', port: 0 })
    expect(set.hash).toBe(plain.hash)
  })
})
