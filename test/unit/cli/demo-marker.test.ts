import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { openDemo, refuseDemo, writeMarker } from '../../../cli/demo/marker.ts'
import { defaultSimulatorSettings } from '../../../simulator/settings.ts'

const folder = mkdtempSync(join(tmpdir(), 'sluice-demo-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the demo', () => {
  it('begins with its own world where there is nothing', async () => {
    expect(await openDemo(join(folder, 'none'), {})).toEqual({ world: defaultSimulatorSettings })
    expect((await openDemo(join(folder, 'none'), { titles: 60, seed: undefined })).world).toMatchObject({ titles: 60 })
  })

  it('goes on with the world that is there, and refuses to mix in another', async () => {
    const marker = { world: { ...defaultSimulatorSettings, titles: 70 }, person: 'u3' }
    await writeMarker(folder, marker)
    expect(await openDemo(folder, {})).toEqual(marker)
    expect(await openDemo(folder, { titles: 70 })).toEqual(marker)
    await expect(openDemo(folder, { titles: 80 })).rejects.toMatchObject({ code: 'other_world' })
  })

  it('keeps its directory to itself: nothing is imported into it', async () => {
    await writeMarker(folder, { world: defaultSimulatorSettings })
    expect(() => refuseDemo(folder)).toThrow(expect.objectContaining({ code: 'demo_data' }))
    expect(() => refuseDemo(join(folder, 'none'))).not.toThrow()
  })
})
