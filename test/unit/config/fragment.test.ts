import Type from 'typebox'
import { describe, expect, it } from 'vitest'
import { defineSettings } from '../../../config/fragment.ts'
import { limits } from '../../../config/limits.ts'
import { loadSettings } from '../../../config/load.ts'
import { environmentName, nearestName } from '../../../config/names.ts'
import { mebibyte } from '../../../config/units.ts'

const complete = { description: 'Port', unit: 'port', default: 80, minimum: 1, maximum: 65535 }

describe('a settings fragment', () => {
  it.each([
    ['a description', { ...complete, description: undefined }, 'needs a description'],
    ['a default', { ...complete, default: undefined }, 'needs a default'],
    ['a minimum', { ...complete, minimum: undefined }, 'needs a minimum and a maximum'],
    ['a finite maximum', { ...complete, maximum: Number.POSITIVE_INFINITY }, 'needs a minimum and a maximum'],
    ['a unit', { ...complete, unit: undefined }, 'needs a unit'],
    ['a default within its own bounds', { ...complete, default: 0 }, 'has a default that its schema refuses'],
  ])('is refused when a number lacks %s', (_, options, message) => {
    expect(() => defineSettings('http', 'Doors', { port: Type.Integer(options) })).toThrow(`'http.port' ${message}`)
  })

  it('is refused when its path or a property is not camelCase', () => {
    expect(() => defineSettings('Http', 'Doors', { port: Type.Integer(complete) })).toThrow("'Http'")
    expect(() => defineSettings('http', 'Doors', { 'the-port': Type.Integer(complete) })).toThrow("'http.the-port'")
  })

  it('holds the limits of the doors, which change no answer', () => {
    const given = loadSettings([limits], {})
    expect(given.of(limits)).toMatchObject({ idBytesMax: 256, bodyBytesMax: 8 * mebibyte, feedItemsMax: 200 })
    expect(loadSettings([limits], { commandLine: { 'limits.feedItemsMax': '100' } }).hash).toBe(given.hash)
  })
})

describe('names', () => {
  it.each([
    ['http.searchDeadlineMs', 'SLUICE_HTTP_SEARCH_DEADLINE_MS'],
    ['funnel.merge.p99Ms', 'SLUICE_FUNNEL_MERGE_P99_MS'],
    ['host', 'SLUICE_HOST'],
  ])('turn %s into the variable %s', (key, variable) => {
    expect(environmentName(key)).toBe(variable)
  })

  it('are found again after a slip of the pen', () => {
    const known = ['http.port', 'http.host', 'rank.threads']
    expect(nearestName('http.prot', known)).toBe('http.port')
    expect(nearestName('HTTP.PORT', known)).toBe('http.port')
    expect(nearestName('index.threads', known)).toBe('rank.threads')
    expect(nearestName('something.quite.different', known)).toBeUndefined()
  })
})
