import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Role } from '../../../domain/roles.ts'
import { applyEvent, applyProfile } from '../../../features/user-fold.ts'
import { UserState } from '../../../features/user-state.ts'
import { decodeUserState, encodeUserState, UserStateFormatError } from '../../../features/user-state-codec.ts'
import { buildUserView } from '../../../features/user-view.ts'
import { catalogue, eventsArbitrary, smallSettings } from './arbitraries.ts'
import { defaultSettings, event } from './fakes.ts'

const request = { region: 0, language: 0, device: 0, deviceClassOf: () => 0 }

describe('a stored user state', () => {
  it('goes on folding to identical bytes, wherever it was cut', () => {
    fc.assert(
      fc.property(eventsArbitrary, fc.nat(80), fc.boolean(), (events, cut, small) => {
        const settings = small ? smallSettings : defaultSettings
        const uninterrupted = new UserState()
        let interrupted = new UserState()
        events.forEach((event, i) => {
          if (i === cut) interrupted = decodeUserState(encodeUserState(interrupted))
          expect(applyEvent(interrupted, event, catalogue, settings)).toBe(
            applyEvent(uninterrupted, event, catalogue, settings),
          )
        })
        expect(encodeUserState(interrupted)).toEqual(encodeUserState(uninterrupted))
        const now = (events.at(-1)?.time ?? 0) + 1000
        expect(buildUserView(interrupted, request, now, settings)).toEqual(
          buildUserView(uninterrupted, request, now, settings),
        )
      }),
    )
  })

  it('stays identical through ten thousand events with every list full', () => {
    const uninterrupted = new UserState()
    let interrupted = new UserState()
    for (let i = 1; i <= 10_000; i++) {
      const roles = i % 3 === 0 ? Role.impression : Role.click
      const next = event({ seq: i, item: (i * i) % 40, roles, time: 1_600_000_000_000 + i * 100_000, value: i % 6 })
      applyEvent(uninterrupted, next, catalogue, smallSettings)
      applyEvent(interrupted, next, catalogue, smallSettings)
      if (i % 97 === 0) interrupted = decodeUserState(encodeUserState(interrupted))
    }
    expect(encodeUserState(interrupted)).toEqual(encodeUserState(uninterrupted))
  })

  it('is small for someone who did little', () => {
    const state = new UserState()
    applyProfile(state, { region: 1, language: 1, ageBand: 3, age: 25, device: 2, segment: 7 }, 1)
    for (let i = 2; i <= 6; i++) {
      applyEvent(
        state,
        event({ seq: i, item: i, roles: Role.click, time: 1_700_000_000_000 + i }),
        catalogue,
        defaultSettings,
      )
    }
    expect(encodeUserState(state).length).toBeLessThan(400)
  })

  it('is refused when it is cut off, too long, or of another version', () => {
    const state = new UserState()
    applyEvent(state, event({ seq: 1, item: 1, roles: Role.click, time: 1e12, value: 0.1 }), catalogue, defaultSettings)
    const bytes = encodeUserState(state)
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodeUserState(bytes.subarray(0, length))).toThrow(UserStateFormatError)
    }
    expect(() => decodeUserState(Uint8Array.of(...bytes, 0))).toThrow(UserStateFormatError)
    expect(() => decodeUserState(Uint8Array.of(4, ...bytes.subarray(1)))).toThrow(
      /version 2.*rebuild it from the journal/,
    )
  })

  it('may lie anywhere in a larger buffer', () => {
    const bytes = encodeUserState(new UserState())
    const larger = new Uint8Array(bytes.length + 9)
    larger.set(bytes, 5)
    expect(encodeUserState(decodeUserState(larger.subarray(5, 5 + bytes.length)))).toEqual(bytes)
  })
})
