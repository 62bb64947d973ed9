import { dayMs } from '../config/units.ts'
import { defineFeatures } from './feature-group.ts'

export const contextFeatures = defineFeatures('context', {
  hourSin: [1, 'sine of the time of day, UTC'],
  hourCos: [1, 'cosine of the time of day, UTC'],
  weekdaySin: [1, 'sine of the day of the week, UTC'],
  weekdayCos: [1, 'cosine of the day of the week, UTC'],
  deviceMobile: [1, '1 on a phone'],
  deviceDesktop: [1, '1 on a computer'],
  deviceTablet: [1, '1 on a tablet'],
  deviceTv: [1, '1 on a television'],
  coldness: [1, 'from 1 for a new user down to 0 for one with enough engagements'],
})

/** Kinds of device that the ranker tells apart; any other is 0. */
export const DeviceClass = { other: 0, mobile: 1, desktop: 2, tablet: 3, tv: 4 } as const

const weekDays = 7
/** The first of January 1970 was a Thursday. */
const epochWeekday = 4

export function writeContext(
  out: Float32Array,
  at: number,
  now: number,
  deviceClass: number,
  coldness: number,
): number {
  const day = Math.floor(now / dayMs)
  const hourAngle = 2 * Math.PI * (now / dayMs - day)
  const weekday = (((day + epochWeekday) % weekDays) + weekDays) % weekDays
  const weekdayAngle = (2 * Math.PI * weekday) / weekDays
  out[at++] = Math.sin(hourAngle)
  out[at++] = Math.cos(hourAngle)
  out[at++] = Math.sin(weekdayAngle)
  out[at++] = Math.cos(weekdayAngle)
  out[at++] = deviceClass === DeviceClass.mobile ? 1 : 0
  out[at++] = deviceClass === DeviceClass.desktop ? 1 : 0
  out[at++] = deviceClass === DeviceClass.tablet ? 1 : 0
  out[at++] = deviceClass === DeviceClass.tv ? 1 : 0
  out[at++] = coldness
  return at
}
