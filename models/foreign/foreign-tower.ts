/** Takes a query tower that was made elsewhere: looks at its signature and tries it on histories of several lengths. */
import { normalAt } from '../engine/random.ts'
import { ForeignSession, type Refuse } from './foreign-session.ts'
import { describeTower, ForeignModelRefused, type TowerSignature } from './signatures.ts'

const probeKey = 0x70e5

/** @throws ForeignModelRefused */
export async function checkForeignTower(onnx: Uint8Array, signature: TowerSignature): Promise<void> {
  const { dimension, maxLength } = signature
  const refuse: Refuse = problem => {
    throw new ForeignModelRefused('tower', problem, describeTower(signature))
  }
  await ForeignSession.inspect(onnx, refuse, async model => {
    model.expectInput('vectors', dimension)
    const output = model.expectOutput(['query'], dimension, 1)
    for (const length of new Set([1, Math.min(2, maxLength), maxLength])) {
      const vectors = Float32Array.from({ length: length * dimension }, (_, at) => normalAt(probeKey, at))
      const query = await model.ask('vectors', vectors, dimension, output, [1, dimension])
      const bad = query.find(value => !Number.isFinite(value))
      if (bad !== undefined) refuse(`it answers a history of ${length} with ${bad}`)
      if (query.every(value => value === 0)) refuse(`it answers a history of ${length} with nothing but 0`)
    }
  })
}
