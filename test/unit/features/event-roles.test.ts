import { describe, expect, it } from 'vitest'
import { loadSettings } from '../../../config/load.ts'
import { Role } from '../../../domain/roles.ts'
import { createEventRoles, eventSettings } from '../../../features/event-roles.ts'
import { rolesOf } from './fakes.ts'

describe('the roles of an event', () => {
  it('are undefined for a type that nobody defined', () => {
    expect(rolesOf('teleport', undefined)).toBeUndefined()
    expect(rolesOf('toString', undefined)).toBeUndefined()
  })

  it('add the click that every finish implies', () => {
    expect(rolesOf('finish', undefined)).toBe(Role.finish | Role.click)
    expect(rolesOf('play', 0.95)).toBe(Role.click | Role.finish)
    expect(rolesOf('play', 0.3)).toBe(Role.click)
  })

  it.each([
    [5, Role.positive],
    [4, Role.positive],
    [3, 0],
    [2, Role.negative],
    [Number.NaN, 0],
    [undefined, 0],
  ])('of a rating of %s carry its verdict', (stars, verdict) => {
    expect(rolesOf('rating', stars)).toBe(Role.click | Role.finish | verdict)
  })

  it('follow the settings, which replace the whole table', () => {
    const text = '[events.types.listen]\nroles = ["click"]\nfinishFrom = 30'
    const settings = loadSettings([eventSettings], { file: { path: 'sluice.toml', text } })
    const roles = createEventRoles(settings.of(eventSettings))
    expect(roles('listen', 31)).toBe(Role.click | Role.finish)
    expect(roles('rating', 5)).toBeUndefined()
  })

  it('can not be made of a role that does not exist', () => {
    const text = '[events.types.listen]\nroles = ["heard"]'
    expect(() => loadSettings([eventSettings], { file: { path: 'sluice.toml', text } })).toThrow(/events\.types/)
  })
})
