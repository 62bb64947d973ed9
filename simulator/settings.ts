/** What shapes a simulated world. Everything else about it follows from the seed. */
export interface SimulatorSettings {
  /** A whole number in [0, 2^53). The same seed gives the same world and the same events, byte for byte. */
  readonly seed: number
  /** Titles in the catalogue, released before or during the simulated days. */
  readonly titles: number
  readonly people: number
  /** Epoch milliseconds of the first simulated day, midnight UTC. */
  readonly startsAt: number
  /** Length of the history in days. */
  readonly days: number
  /** Mean over people; single people lie far above and below it. */
  readonly sessionsPerWeek: number
  /** Titles shown per request. */
  readonly slateSize: number
}

/** The embedded demo: about 150,000 events. */
export const defaultSimulatorSettings: SimulatorSettings = {
  seed: 1,
  titles: 2_000,
  people: 1_000,
  startsAt: Date.UTC(2025, 0, 6),
  days: 45,
  sessionsPerWeek: 0.9,
  slateSize: 10,
}

export class SimulatorSettingsError extends RangeError {
  override readonly name = 'SimulatorSettingsError'
}

/** The defaults with `overrides` on top. Throws SimulatorSettingsError naming the setting that is out of range. */
export function simulatorSettings(overrides: Partial<SimulatorSettings> = {}): SimulatorSettings {
  const settings = { ...defaultSimulatorSettings, ...overrides }
  checkWhole(settings, 'seed', 0, Number.MAX_SAFE_INTEGER)
  checkWhole(settings, 'titles', 50, 10_000_000)
  checkWhole(settings, 'people', 1, 10_000_000)
  checkWhole(settings, 'startsAt', 0, Date.UTC(2100, 0, 1))
  checkWhole(settings, 'days', 1, 3_650)
  checkWhole(settings, 'slateSize', 1, 50)
  if (!(settings.sessionsPerWeek > 0 && settings.sessionsPerWeek <= 50)) {
    throw new SimulatorSettingsError(`sessionsPerWeek must lie in (0, 50], got ${settings.sessionsPerWeek}`)
  }
  return settings
}

function checkWhole(settings: SimulatorSettings, name: keyof SimulatorSettings, low: number, high: number): void {
  const value = settings[name]
  if (!Number.isInteger(value) || value < low || value > high) {
    throw new SimulatorSettingsError(`${name} must be a whole number from ${low} to ${high}, got ${value}`)
  }
}
