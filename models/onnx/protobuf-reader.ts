/** Reads the protocol buffers wire format: the counterpart of `protobuf.ts`. */

/** The bytes end in the middle of a field, or hold a wire type that ONNX does not use. */
export class ProtobufInvalid extends Error {
  override readonly name = 'ProtobufInvalid'
}

/** One field as it stands in the message. */
export interface Field {
  readonly number: number
  /** The value of a varint; null for a field that has a length or a fixed width. */
  readonly integer: bigint | null
  /** The content of such a field; empty for a varint. */
  readonly bytes: Uint8Array
}

const none = new Uint8Array(0)
const fixedBytes: Readonly<Record<number, number>> = { 1: 8, 5: 4 }
const wireLengthDelimited = 2

/** The fields of a message in their order. @throws ProtobufInvalid */
export function* readFields(message: Uint8Array): Generator<Field> {
  let offset = 0
  const varint = (): bigint => {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      if (offset >= message.length) throw new ProtobufInvalid('A message ends inside a number.')
      const byte = message[offset++]
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return BigInt.asIntN(64, value)
    }
    throw new ProtobufInvalid('A number is longer than ten bytes.')
  }
  while (offset < message.length) {
    const tag = Number(varint())
    const [number, wireType] = [tag >>> 3, tag & 7]
    if (wireType === 0) {
      yield { number, integer: varint(), bytes: none }
      continue
    }
    const length = wireType === wireLengthDelimited ? Number(varint()) : fixedBytes[wireType]
    if (length === undefined) throw new ProtobufInvalid(`Field ${number} has wire type ${wireType}.`)
    if (length < 0 || offset + length > message.length) throw new ProtobufInvalid(`Field ${number} runs past the end.`)
    yield { number, integer: null, bytes: message.subarray(offset, offset + length) }
    offset += length
  }
}
