import { describe, expect, it } from 'vitest'
import { openSession, run, tensor } from '../../../../models/engine/session.ts'
import { encodeModel } from '../../../../models/onnx/model-proto.ts'
import { ProtobufWriter } from '../../../../models/onnx/protobuf.ts'

function written(write: (writer: ProtobufWriter) => void): number[] {
  const writer = new ProtobufWriter(1)
  write(writer)
  return [...writer.finish()]
}

describe('the protobuf writer', () => {
  it('writes the examples of the format description', () => {
    expect(written(writer => writer.int(1, 150))).toEqual([0x08, 0x96, 0x01])
    expect(written(writer => writer.string(2, 'testing'))).toEqual([0x12, 7, ...new TextEncoder().encode('testing')])
    expect(written(writer => writer.message(3, nested => nested.int(1, 150)))).toEqual([0x1a, 3, 0x08, 0x96, 0x01])
  })

  it('writes negative integers in ten bytes and floats in four', () => {
    expect(written(writer => writer.int(1, -2))).toEqual([0x08, 0xfe, ...Array(8).fill(0xff), 0x01])
    expect(written(writer => writer.float(2, -2))).toEqual([0x15, 0, 0, 0, 0xc0])
  })

  it('writes field numbers and lengths beyond one byte', () => {
    const bytes = written(writer => writer.bytes(20, new Uint8Array(300).fill(7)))
    expect(bytes.slice(0, 5)).toEqual([0xa2, 0x01, 0xac, 0x02, 7])
    expect(bytes.length).toBe(304)
  })
})

describe('an encoded model', () => {
  it('carries attributes and initializers of every kind to onnxruntime', async () => {
    const model = encodeModel({
      name: 'kinds',
      nodes: [
        { operator: 'Gather', inputs: ['table', 'index'], outputs: ['row'], attributes: { axis: { int: -2 } } },
        { operator: 'HardSigmoid', inputs: ['row'], outputs: ['slope'], attributes: { alpha: { float: 0.25 } } },
        { operator: 'Transpose', inputs: ['slope'], outputs: ['turned'], attributes: { perm: { ints: [1, 0] } } },
        {
          operator: 'ScatterElements',
          inputs: ['turned', 'place', 'one'],
          outputs: ['y'],
          attributes: { reduction: { string: 'add' } },
        },
      ],
      initializers: [
        { name: 'table', type: 'float32', shape: [2, 2], bytes: new Uint8Array(Float32Array.of(0, 0, 1, -1).buffer) },
        { name: 'place', type: 'int64', shape: [1, 1], bytes: new Uint8Array(BigInt64Array.of(1n).buffer) },
        { name: 'one', type: 'float32', shape: [1, 1], bytes: new Uint8Array(Float32Array.of(1).buffer) },
      ],
      inputs: [{ name: 'index', type: 'int32', shape: ['rows'] }],
      outputs: [{ name: 'y', type: 'float32', shape: [2, 'rows'] }],
    })
    const session = await openSession(model, { threads: 1 })
    const { y } = await run(session, { index: tensor(Int32Array.of(1), [1]) }, ['y'])
    expect([...y]).toEqual([0.75, 1.25])
  })
})
