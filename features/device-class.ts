import { DeviceClass } from './context-features.ts'

/** The class of a device by its name, as clients write it: "iPhone", "smart-tv", "desktop" … */
export function deviceClassOf(name: string): number {
  const known = /(phone|mobile|android|ios)|(desktop|web|laptop|pc)|(tablet|ipad)|(tv|cast|console)/i.exec(name)
  if (known === null) return DeviceClass.other
  if (known[1] !== undefined) return DeviceClass.mobile
  if (known[2] !== undefined) return DeviceClass.desktop
  return known[3] !== undefined ? DeviceClass.tablet : DeviceClass.tv
}
