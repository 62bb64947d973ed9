import fc from 'fast-check'
import Type from 'typebox'
import { describe, expect, it } from 'vitest'
import { defineSettings } from '../../../config/fragment.ts'
import { loadSettings, type SettingLayers } from '../../../config/load.ts'
import { canonicalJson } from '../../../config/settings.ts'
import { SettingsError } from '../../../config/settings-error.ts'

const http = defineSettings('http', 'Doors', {
  host: Type.String({ description: 'Address', default: '127.0.0.1', env: 'SLUICE_HOST', answer: false }),
  port: Type.Integer({ description: 'Port', unit: 'port', default: 8088, minimum: 1, maximum: 65535, answer: false }),
  searchDeadlineMs: Type.Number({ description: 'Deadline', unit: 'ms', default: 50, minimum: 1, maximum: 1000 }),
  adminKey: Type.String({ description: 'Key', default: '', maxLength: 20, secret: true }),
})

const merge = defineSettings('funnel.merge', 'Merging', {
  sources: Type.Array(Type.String({ minLength: 1 }), { description: 'Sources', default: ['content'] }),
  weights: Type.Record(Type.String(), Type.Number({ minimum: 0, maximum: 10 }), {
    description: 'Weights',
    default: { click: 1 },
  }),
  budgets: Type.Array(Type.Integer({ minimum: 0, maximum: 500 }), { description: 'Budgets', default: [] }),
  profile: Type.Enum(['starter', 'standard', 'full'], { description: 'Profile', default: 'standard' }),
  widen: Type.Boolean({ description: 'Widen', default: false }),
  floor: Type.Union([Type.Null(), Type.Number({ minimum: 0, maximum: 1 })], { description: 'Floor', default: null }),
})

const load = (layers: SettingLayers) => loadSettings([http, merge], layers)

function problemsOf(layers: SettingLayers) {
  try {
    load(layers)
  } catch (error) {
    if (error instanceof SettingsError) return error.problems
    throw error
  }
  return []
}

describe('settings', () => {
  it('take the default, then the file, then the environment, then the command line', () => {
    const file = { path: 'sluice.toml', text: '[http]\nport = 1\nsearchDeadlineMs = 2\nhost = "a"\n' }
    const environment = { SLUICE_HTTP_SEARCH_DEADLINE_MS: '3', SLUICE_HOST: 'b' }
    const settings = load({ file, environment, commandLine: { 'http.host': 'c' } })
    expect(settings.of(http)).toEqual({ host: 'c', port: 1, searchDeadlineMs: 3, adminKey: '' })
    const origins = settings.entries.map(({ key, layer, source }) => [key, layer, source])
    expect(origins).toContainEqual(['http.host', 'command line', '--set http.host'])
    expect(origins).toContainEqual(['http.searchDeadlineMs', 'environment', 'SLUICE_HTTP_SEARCH_DEADLINE_MS'])
    expect(origins).toContainEqual(['http.port', 'file', 'sluice.toml'])
    expect(origins).toContainEqual(['funnel.merge.profile', 'default', 'built in'])
  })

  it('list what an operator needs to know about each', () => {
    const byKey = new Map(load({}).entries.map(entry => [entry.key, entry]))
    expect(byKey.get('http.port')).toMatchObject({ value: 8088, unit: 'port', minimum: 1, maximum: 65535 })
    expect(byKey.get('funnel.merge.profile')).toMatchObject({ allowed: ['starter', 'standard', 'full'] })
  })

  it('read nested tables, lists and records from the file', () => {
    const text = '[funnel.merge]\nsources = ["a", "b"]\nfloor = 0.5\n[funnel.merge.weights]\nfinish = 3\n'
    const values = load({ file: { path: 'f', text } }).of(merge)
    expect(values).toMatchObject({ sources: ['a', 'b'], weights: { finish: 3 }, floor: 0.5 })
  })

  it('read text by the type of the setting', () => {
    const values = load({
      environment: {
        SLUICE_FUNNEL_MERGE_SOURCES: 'a, b',
        SLUICE_FUNNEL_MERGE_WIDEN: 'true',
        SLUICE_FUNNEL_MERGE_FLOOR: '0.25',
      },
      commandLine: {
        'funnel.merge.weights': '{"click": 2}',
        'funnel.merge.budgets': '[1, 2]',
        'http.searchDeadlineMs': '1e2',
      },
    })
    expect(values.of(merge)).toMatchObject({
      sources: ['a', 'b'],
      widen: true,
      floor: 0.25,
      weights: { click: 2 },
      budgets: [1, 2],
    })
    expect(values.of(http).searchDeadlineMs).toBe(100)
    expect(
      load({ commandLine: { 'funnel.merge.budgets': '3,4', 'funnel.merge.floor': 'null' } }).of(merge),
    ).toMatchObject({ budgets: [3, 4], floor: null })
  })

  it('are frozen all the way down, and leave the defaults of the schema alone', () => {
    const settings = load({})
    expect(() => settings.of(merge).sources.push('x')).toThrow(TypeError)
    expect(() => Object.assign(settings.of(http), { port: 1 })).toThrow(TypeError)
    expect(load({}).of(merge).sources).toEqual(['content'])
  })

  it('are not given for a fragment that was not loaded', () => {
    const other = defineSettings('other', 'Other', { on: Type.Boolean({ description: 'On', default: true }) })
    expect(() => load({}).of(other)).toThrow("'other' were not loaded")
  })
})

describe('a wrong setting', () => {
  it('is reported together with all others, of every layer', () => {
    const problems = problemsOf({
      file: { path: 'sluice.toml', text: '[http]\nport = 70000\nprot = 1\n[funnel.merge]\nweights = { click = 11 }\n' },
      environment: { SLUICE_HTTP_SEARCH_DEADLINE_MS: '50ms', SLUICE_FUNNEL_MERGE_WIDEN: 'yes', SLUICE_HTTP_PROT: '1' },
      commandLine: { 'funnel.merge.profile': 'standart', 'rank.threads': '2' },
    })
    expect(problems.map(({ key, layer, hint }) => [key, layer, hint])).toEqual([
      ['http.port', 'file', ''],
      ['http.prot', 'file', 'Did you mean http.port?'],
      ['funnel.merge.weights', 'file', ''],
      ['http.searchDeadlineMs', 'environment', ''],
      ['funnel.merge.widen', 'environment', ''],
      ['SLUICE_HTTP_PROT', 'environment', 'Did you mean SLUICE_HTTP_PORT?'],
      ['funnel.merge.profile', 'command line', "Did you mean 'standard'?"],
      ['rank.threads', 'command line', ''],
    ])
    const messages = problems.map(problem => problem.message)
    expect(messages[0]).toBe('http.port must be a whole number from 1 to 65535 (port), but is 70000')
    expect(messages[2]).toContain('(click must be <= 10)')
    expect(messages[3]).toBe('http.searchDeadlineMs must be a number from 1 to 1000 (ms), but is "50ms"')
    const { message } = new SettingsError(problems)
    expect(message).toContain('8 problems in the settings:')
    expect(message).toContain('(environment variable SLUICE_HTTP_PROT)')
    expect(message).toContain('(file sluice.toml)')
  })

  it.each(['', ' ', 'abc', '0x10', '1_000', 'Infinity', 'NaN', '5 ms', '1,5', '--1', 'true'])(
    'is a number written as %j',
    text => {
      expect(problemsOf({ commandLine: { 'http.searchDeadlineMs': text } })).toHaveLength(1)
    },
  )

  it.each(['nan', 'inf', '"50"', 'true', '1979-05-27', '[50]'])('is %s where the file should have a number', value => {
    const text = `[http]\nsearchDeadlineMs = ${value}\n`
    expect(problemsOf({ file: { path: 'f', text } }).map(p => p.key)).toEqual(['http.searchDeadlineMs'])
  })

  it('is pointed at by line when the file is not TOML', () => {
    const [problem, ...rest] = problemsOf({ file: { path: 'sluice.toml', text: '[http]\nport = = 1\n' } })
    expect(rest).toEqual([])
    expect(problem).toMatchObject({ layer: 'file', source: 'sluice.toml', allowed: 'TOML' })
    expect(problem?.message).toMatch(/^line 2, column \d+: /)
  })

  it('is a value where a table of settings belongs', () => {
    expect(problemsOf({ file: { path: 'f', text: 'http = 5\n' } }).map(p => p.message)).toEqual([
      'http is not a setting',
    ])
  })

  it('is one that two variables set differently', () => {
    const environment = { SLUICE_HOST: 'a', SLUICE_HTTP_HOST: 'b' }
    expect(problemsOf({ environment })[0]?.message).toContain(
      'set twice, differently, by SLUICE_HOST and SLUICE_HTTP_HOST',
    )
    expect(problemsOf({ environment: { SLUICE_HOST: 'a', SLUICE_HTTP_HOST: 'a' } })).toEqual([])
  })

  it('is never quoted when it is a secret', () => {
    const environment = { SLUICE_HTTP_ADMIN_KEY: 'a-very-long-and-secret-key' }
    expect(JSON.stringify(problemsOf({ environment }))).not.toContain('a-very-long')
    const entries = load({ environment: { SLUICE_HTTP_ADMIN_KEY: 'hidden' } }).entries
    expect(JSON.stringify(entries)).not.toContain('hidden')
  })
})

describe('the environment', () => {
  it('may hold reserved variables, foreign variables and empty ones', () => {
    const environment = {
      SLUICE_DATA: '/d',
      SLUICE_DATA_DIR: '/e',
      SLUICE_CONFIG: 'f',
      HOME: '/',
      SLUICE_HTTP_PORT: '',
    }
    expect(load({ environment }).of(http).port).toBe(8088)
  })
})

describe('composing fragments', () => {
  const flag = (env?: string) => Type.Boolean({ description: 'Flag', default: true, ...(env && { env }) })
  it.each([
    ['one path twice', [defineSettings('a', 'A', { b: flag() }), defineSettings('a', 'A', { c: flag() })]],
    ['one variable twice', [defineSettings('a', 'A', { bC: flag() }), defineSettings('a.b', 'B', { c: flag() })]],
    ['one alias twice', [defineSettings('a', 'A', { b: flag('SLUICE_X'), c: flag('SLUICE_X') })]],
    ['a reserved variable', [defineSettings('a', 'A', { b: flag('SLUICE_DATA') })]],
    [
      'a table with the name of a value',
      [defineSettings('a', 'A', { b: flag() }), defineSettings('a.b', 'B', { c: flag() })],
    ],
  ])('refuses %s', (_, fragments) => {
    expect(() => loadSettings(fragments, {})).toThrow(TypeError)
  })
})

describe('the settings hash', () => {
  it('changes with what can change an answer, and with nothing else', () => {
    const { hash } = load({})
    expect(hash).toMatch(/^[0-9a-f]{16}$/)
    expect(load({ commandLine: { 'http.port': '9', 'http.host': 'x', 'http.adminKey': 'k' } }).hash).toBe(hash)
    expect(load({ commandLine: { 'http.searchDeadlineMs': '50' } }).hash).toBe(hash)
    expect(load({ commandLine: { 'http.searchDeadlineMs': '51' } }).hash).not.toBe(hash)
  })

  it('does not depend on the order of fragments or of a table', () => {
    const weights = (text: string) =>
      loadSettings([merge, http], { commandLine: { 'funnel.merge.weights': text } }).hash
    expect(weights('{"a":1,"b":2}')).toBe(load({ commandLine: { 'funnel.merge.weights': '{"b":2,"a":1}' } }).hash)
  })

  it('stands on a JSON form that reads back as the same value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), value => {
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)))
      }),
    )
  })
})
