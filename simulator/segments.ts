/** The segments that people and titles fall into, with the share of people in each. */
export const regions = ['US', 'GB', 'DE', 'FR', 'BR', 'JP'] as const
export const regionShare = [0.35, 0.13, 0.16, 0.13, 0.13, 0.1]
/** The language most spoken in each region. */
export const regionLanguage = ['en', 'en', 'de', 'fr', 'pt', 'ja'] as const

export const ageBands = ['13-17', '18-24', '25-34', '35-44', '45-54', '55-99'] as const
export const ageShare = [0.1, 0.22, 0.26, 0.18, 0.13, 0.11]
export const youngestAge = [13, 18, 25, 35, 45, 55]

export const devices = ['mobile', 'tv', 'desktop', 'tablet'] as const
export const eveningDeviceShare = [0.25, 0.5, 0.15, 0.1]
export const dayDeviceShare = [0.65, 0.05, 0.2, 0.1]

/** Hours of the day, from and to, in which the day's device is used. */
export const dayDeviceHours = [7, 18] as const

/** Formats of titles: their share, and the range of their length in minutes. */
export const formats = ['short', 'episode', 'feature'] as const
export const formatShare = [0.5, 0.35, 0.15]
export const formatMinutes = [
  [2, 9],
  [12, 28],
  [50, 110],
] as const

/** Log-odds that a device adds to opening a format: rows are devices, columns formats. */
export const formatFit = [
  [0.35, 0, -0.5],
  [-0.4, 0.1, 0.45],
  [0, 0.05, 0],
  [0.1, 0.15, 0],
] as const

export const DAY_MS = 86_400_000
export const HOUR_MS = 3_600_000
export const MINUTE_MS = 60_000
