import { existsSync, readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type SimulatorSettings, simulatorSettings } from '../../simulator/settings.ts'
import { describeDirectory } from '../../storage/data-directory.ts'
import { CommandError } from '../exit.ts'

/** The file by which a data directory says that what it holds is the demo's. */
const markerName = 'demo.json'

export interface DemoMarker {
  readonly world: SimulatorSettings
  /** Whose feed is shown; absent until the whole history has been imported. */
  readonly person?: string
}

/**
 * What is to be done in a data directory, or has been done there.
 * @param world what is asked of it; a world that is there already has to agree
 * @throws CommandError when the directory holds somebody's data; StorageError
 */
export async function openDemo(dataDir: string, world: Partial<SimulatorSettings>): Promise<DemoMarker> {
  const asked = Object.entries(world).filter(([, value]) => value !== undefined)
  const path = join(dataDir, markerName)
  if (existsSync(path)) {
    const marker = JSON.parse(readFileSync(path, 'utf8')) as DemoMarker
    const other = asked.find(([name, value]) => marker.world[name as keyof SimulatorSettings] !== value)
    if (other === undefined) return marker
    const hint = 'Leave the option out to go on with that world, or name another directory with --data-dir'
    throw new CommandError('other_world', `${dataDir} holds a simulated world with other ${other[0]}`, hint)
  }
  const { empty } = await describeDirectory(dataDir)
  if (empty) return { world: simulatorSettings(Object.fromEntries(asked)) }
  const hint = 'Serve it with `sluice serve`, or run the demo elsewhere: `sluice demo --data-dir .sluice-demo`'
  throw new CommandError('not_empty', `${dataDir} holds data that is not the demo's, which stays as it is`, hint)
}

/** @throws CommandError when the directory is the demo's: what people did must not stand beside what was simulated */
export function refuseDemo(dataDir: string): void {
  if (!existsSync(join(dataDir, markerName))) return
  const hint = 'Import into another directory with --data-dir, or remove this one first: the demo makes it again'
  throw new CommandError('demo_data', `${dataDir} holds the simulated world of \`sluice demo\``, hint)
}

export function writeMarker(dataDir: string, marker: DemoMarker): Promise<void> {
  return writeFile(join(dataDir, markerName), `${JSON.stringify(marker)}\n`)
}
