import { expect, it } from 'vitest'
import { DeviceClass } from '../../../features/context-features.ts'
import { deviceClassOf } from '../../../features/device-class.ts'

it.each([
  ['iPhone', DeviceClass.mobile],
  ['android', DeviceClass.mobile],
  ['Desktop', DeviceClass.desktop],
  ['iPad', DeviceClass.tablet],
  ['smart-tv', DeviceClass.tv],
  ['fridge', DeviceClass.other],
])('the class of a device follows from its name: %s', (name, expected) => {
  expect(deviceClassOf(name)).toBe(expected)
})
