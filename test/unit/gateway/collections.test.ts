import { describe, expect, it } from 'vitest'
import type { PutResult } from '../../../actors/engine.ts'
import { openDoor, rawPost } from './door.ts'

const fullItem = {
  id: 'alien',
  title: 'Alien',
  text: 'In space no one can hear you scream.',
  categories: ['Horror', 'Science fiction'],
  creators: ['Ridley Scott'],
  publishedAt: Date.UTC(1979, 4, 25),
  expiresAt: Date.UTC(2030, 0, 1),
  regions: ['DE', 'AT'],
  maturity: 16,
  language: 'en',
  labels: ['classic'],
  hidden: false,
  vectors: { content: [0.5, -0.25], 'two-tower.v2': [1, 2, 3] },
}
const fullUser = { id: 'ann', region: 'DE', language: 'de', ageBand: '25-34', device: 'tv', labels: ['beta'] }

describe.each([
  { plural: 'items', singular: 'item', full: fullItem, small: { title: 'T' } },
  { plural: 'users', singular: 'user', full: fullUser, small: {} },
])('$plural', ({ plural, singular, full, small }) => {
  const at = (id: string) => `/v1/${plural}/${encodeURIComponent(id)}`
  const { id: fullId, ...withoutId } = full

  it('are put, read as they were put, and deleted', async () => {
    const { call } = openDoor()
    const put = await call('PUT', at(fullId), full)
    expect([put.status, put.body]).toEqual([200, { id: fullId, status: 'stored', seq: 1 }])
    const got = await call('GET', at(fullId))
    expect([got.status, got.body]).toEqual([200, full])
    const deleted = await call('DELETE', at(fullId))
    expect([deleted.status, deleted.body]).toEqual([200, { id: fullId, status: 'deleted' }])
    expect((await call('GET', at(fullId))).status).toBe(404)
  })

  it('take their id from the path when the body has none', async () => {
    const { call } = openDoor()
    expect((await call('PUT', at(fullId), withoutId)).body.id).toBe(fullId)
    expect((await call('GET', at(fullId))).body).toEqual(full)
  })

  it('are refused when the body has another id than the path', async () => {
    const { call, engine } = openDoor()
    const { status, body } = await call('PUT', at('other'), full)
    expect([status, body.error.code, body.error.field]).toEqual([400, 'out_of_range', 'id'])
    expect(engine.untouched).toBe(true)
  })

  it.each(['GET', 'DELETE'] as const)('are not found by %s when nobody put them', async method => {
    const { call } = openDoor()
    const { status, body } = await call(method, at('nobody'))
    expect(status).toBe(404)
    expect(body.error).toEqual({
      code: 'not_found',
      message: `there is no ${singular} "nobody"`,
      field: 'id',
      hint: expect.any(String),
    })
  })

  it.each([
    'a/b',
    'ä ö',
    '🎬',
    '100%',
    '%2F',
    '...',
    '?x=1#y',
    'a+b',
    "it's",
    '\u0000',
    'x'.repeat(256),
    '🎬'.repeat(64),
  ])('may have the id %j', async id => {
    const { call } = openDoor()
    const url = at(id)
    expect((await call('PUT', url, small)).body).toEqual({ id, status: 'stored', seq: 1 })
    expect((await call('GET', url)).body.id).toBe(id)
    expect((await call('DELETE', url)).status).toBe(200)
  })

  it.each([
    ['of 257 bytes', 'x'.repeat(257), 'too_long', 'id'],
    ['of 65 emoji', encodeURIComponent('🎬'.repeat(65)), 'too_long', 'id'],
    ['of 5,000 bytes', 'x'.repeat(5000), 'too_long', 'id'],
    ['that is empty', '', 'out_of_range', 'id'],
    ['that is not percent-encoded right', '%ZZ', 'malformed_request', undefined],
    ['that is not UTF-8', '%FF%FE', 'malformed_request', undefined],
  ])('refuse an id %s', async (_, encoded, code, field) => {
    const { call, engine } = openDoor()
    for (const method of ['PUT', 'GET', 'DELETE'] as const) {
      const { status, body } = await call(method, `/v1/${plural}/${encoded}`, method === 'PUT' ? small : undefined)
      expect([status, body.error.code, body.error.field]).toEqual([400, code, field])
    }
    expect(engine.untouched).toBe(true)
  })

  it('come in batches; the bad ones are refused one by one and the good ones stored in order', async () => {
    const { call, engine } = openDoor()
    const batch = [
      { ...small, id: 'a' },
      { ...small, id: 5 },
      { ...small, id: 'b', colour: 'red' },
      { ...small, id: 'c' },
    ]
    const { status, body } = await call('POST', `/v1/${plural}`, { [plural]: batch })
    expect(status).toBe(200)
    expect(body.results).toMatchObject([
      { id: 'a', status: 'stored', seq: 1 },
      { id: '', status: 'rejected', code: 'invalid_type', field: `${plural}[1].id` },
      { id: 'b', status: 'rejected', code: 'unknown_field', field: `${plural}[2].colour` },
      { id: 'c', status: 'stored', seq: 2 },
    ])
    expect(engine.puts).toBe(2)
  })

  it('may come twice in one batch: the last one stays', async () => {
    const { call } = openDoor()
    const { body } = await call('POST', `/v1/${plural}`, [
      { ...small, id: 'a' },
      { ...full, id: 'a' },
    ])
    expect(body.results.map((r: PutResult) => r.status)).toEqual(['stored', 'stored'])
    expect((await call('GET', at('a'))).body).toEqual({ ...full, id: 'a' })
  })

  it.each<[string, unknown, string, string | undefined]>([
    ['neither list nor object', 'x', 'invalid_type', undefined],
    ['without the list', {}, 'missing_field', plural],
    ['with a list that is none', { [plural]: 5 }, 'invalid_type', plural],
    ['one value by itself', { ...small, id: 'a' }, 'unknown_field', undefined],
    ['too long', Array(10_001).fill({}), 'too_many', undefined],
  ])('refuse a batch that is %s', async (_, sent, code, field) => {
    const { call, engine } = openDoor()
    const { status, body } = await call('POST', `/v1/${plural}`, sent)
    expect([status, body.error.code]).toEqual([400, code])
    if (field !== undefined) expect(body.error.field).toBe(field)
    expect(body.results).toBeUndefined()
    expect(engine.untouched).toBe(true)
  })

  it('are an error as a batch when every one is bad', async () => {
    const { call } = openDoor()
    const { status, body } = await call('POST', `/v1/${plural}`, [{ ...small, id: '' }, 7])
    expect([status, body.error.code, body.error.field]).toEqual([400, 'out_of_range', '[0].id'])
    expect(body.results.map((r: PutResult) => r.status)).toEqual(['rejected', 'rejected'])
  })

  it('are refused where the engine refuses them', async () => {
    const { call, engine } = openDoor()
    const refusing = (code: string, field?: string) => async (values: readonly { readonly id: string }[]) =>
      values.map(({ id }): PutResult => ({ id, status: 'rejected', code, field, hint: 'because' }))
    engine.putItems = refusing('bad_vector', 'vectors.content')
    engine.putUsers = refusing('bad_vector', 'vectors.content')
    const put = await call('PUT', at('a'), small)
    expect([put.status, put.body.error]).toMatchObject([
      400,
      { code: 'bad_vector', field: 'vectors.content', hint: 'because' },
    ])
    const post = await call('POST', `/v1/${plural}`, [{ ...small, id: 'a' }])
    expect([post.status, post.body.results[0].field]).toEqual([400, '[0].vectors.content'])
    engine.putItems = refusing('overloaded')
    engine.putUsers = refusing('overloaded')
    for (const reply of [
      await call('PUT', at('a'), small),
      await call('POST', `/v1/${plural}`, [{ ...small, id: 'a' }]),
    ]) {
      expect([reply.status, reply.headers['retry-after']]).toEqual([503, '1'])
    }
  })
})

describe('an item', () => {
  it('reaches the engine with every field, so that it equals what storage gives back', async () => {
    const { call, engine } = openDoor()
    await call('PUT', '/v1/items/a', { title: 'A' })
    const absent = undefined
    expect(engine.items.get('a')).toStrictEqual({
      id: 'a',
      title: 'A',
      text: absent,
      categories: [],
      creators: [],
      publishedAt: absent,
      expiresAt: absent,
      regions: absent,
      maturity: absent,
      language: absent,
      labels: absent,
      hidden: absent,
      vectors: absent,
    })
  })

  it('may be older than 1970', async () => {
    const { call, engine } = openDoor()
    await call('PUT', '/v1/items/metropolis', { title: 'Metropolis', publishedAt: '1927-01-10T00:00:00Z' })
    expect(engine.items.get('metropolis')?.publishedAt).toBe(Date.UTC(1927, 0, 10))
  })

  it.each<[string, object, string, string]>([
    ['without a title', { title: undefined }, 'missing_field', 'title'],
    ['with a long title', { title: 'x'.repeat(1025) }, 'too_long', 'title'],
    ['with a long text', { text: 'x'.repeat(65_537) }, 'too_long', 'text'],
    ['with a text for categories', { categories: 'Drama' }, 'invalid_type', 'categories'],
    ['with too many categories', { categories: Array(65).fill('x') }, 'too_many', 'categories'],
    ['with an empty category', { categories: ['a', ''] }, 'out_of_range', 'categories[1]'],
    ['with too many creators', { creators: Array(33).fill('x') }, 'too_many', 'creators'],
    ['with too many labels', { labels: Array(257).fill('x') }, 'too_many', 'labels'],
    ['with a long label', { labels: ['x'.repeat(257)] }, 'too_long', 'labels[0]'],
    ['with too many regions', { regions: Array(65).fill('x') }, 'too_many', 'regions'],
    ['with a bad date', { publishedAt: '1979' }, 'bad_date', 'publishedAt'],
    ['that never expires', { expiresAt: '9999-12-31T00:00:00Z' }, 'out_of_range', 'expiresAt'],
    ['for people of 22', { maturity: 22 }, 'out_of_range', 'maturity'],
    ['for people of 6.5', { maturity: 6.5 }, 'out_of_range', 'maturity'],
    ['hidden by a number', { hidden: 1 }, 'invalid_type', 'hidden'],
    ['with null for a language', { language: null }, 'invalid_type', 'language'],
    ['with a list of vectors', { vectors: [[1]] }, 'invalid_type', 'vectors'],
    ['with a vector that is no list', { vectors: { content: 'x' } }, 'invalid_type', 'vectors.content'],
    ['with an empty vector', { vectors: { content: [] } }, 'bad_vector', 'vectors.content'],
    ['with a long vector', { vectors: { content: Array(1025).fill(0) } }, 'bad_vector', 'vectors.content'],
    ['with null in a vector', { vectors: { content: [1, null] } }, 'bad_vector', 'vectors.content[1]'],
    ['with more than 32 bits hold in a vector', { vectors: { content: [1e39] } }, 'bad_vector', 'vectors.content[0]'],
    ['with a space that has no name', { vectors: { '': [1] } }, 'bad_vector', 'vectors'],
    [
      'with too many spaces',
      { vectors: Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`s${i}`, [1]])) },
      'too_many',
      'vectors',
    ],
  ])('is refused %s', async (_, fields, code, field) => {
    const { call, engine } = openDoor()
    const { status, body } = await call('PUT', '/v1/items/a', { title: 'A', ...fields })
    expect(status).toBe(400)
    expect(body).toEqual({ error: { code, message: expect.any(String), field, hint: expect.any(String) } })
    expect(engine.untouched).toBe(true)
  })

  it.each([
    ['{"title":"A","vectors":{"content":[1e999]}}', 'not_finite', 'vectors.content[0]'],
    ['{"title":"A","vectors":{"__proto__":[1]}}', 'bad_vector', 'vectors'],
    ['{"title":"A","__proto__":{"hidden":true}}', 'unknown_field', '__proto__'],
    ['{"title":"A\\udc00"}', 'invalid_type', 'title'],
  ])('is refused as %s', async (payload, code, field) => {
    const { send, engine } = openDoor()
    const { status, body } = await send({ ...rawPost('/v1/items/a', payload), method: 'PUT' })
    expect([status, body.error.code, body.error.field]).toEqual([400, code, field])
    expect(engine.untouched).toBe(true)
  })

  it('agrees in its dimensions with the items before it in the batch; a refused one decides nothing', async () => {
    const { call, engine } = openDoor()
    const item = (id: string, vectors: object, fields: object = {}) => ({ id, title: id, vectors, ...fields })
    const { status, body } = await call('POST', '/v1/items', [
      item('a', { content: [1] }, { maturity: 99 }),
      item('b', { content: [1, 2] }),
      item('c', { fresh: [1], content: [1, 2, 3] }),
      item('d', { fresh: [1, 2], content: [3, 4] }),
    ])
    expect(status).toBe(200)
    expect(body.results.map((r: PutResult) => (r.status === 'rejected' ? [r.code, r.field] : r.status))).toEqual([
      ['out_of_range', '[0].maturity'],
      'stored',
      ['bad_vector', '[2].vectors.content'],
      'stored',
    ])
    expect([...engine.items.keys()]).toEqual(['b', 'd'])
    // What is stored knows its own dimensions: the next batch starts anew.
    expect((await call('POST', '/v1/items', [item('e', { content: [1, 2, 3] })])).status).toBe(200)
  })
})

describe('a user', () => {
  it.each<[string, object, string, string]>([
    ['with a field that is not known', { age: 30 }, 'unknown_field', 'age'],
    ['with a number for an age band', { ageBand: 30 }, 'invalid_type', 'ageBand'],
    ['with an empty region', { region: '' }, 'out_of_range', 'region'],
    ['with a language of 258 bytes', { language: 'ä'.repeat(129) }, 'too_long', 'language'],
    ['with a number among the labels', { labels: ['x', 1] }, 'invalid_type', 'labels[1]'],
  ])('is refused %s', async (_, fields, code, field) => {
    const { call, engine } = openDoor()
    const { status, body } = await call('PUT', '/v1/users/ann', fields)
    expect([status, body.error.code, body.error.field]).toEqual([400, code, field])
    expect(engine.untouched).toBe(true)
  })
})
