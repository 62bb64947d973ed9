/**
 * The part of the protocol buffers wire format that a ModelProto needs: varints, length-delimited fields and
 * little-endian 32-bit floats (https://protobuf.dev/programming-guides/encoding/).
 */
const wireVarint = 0
const wireLengthDelimited = 2
const wireFixed32 = 5
const utf8 = new TextEncoder()

export class ProtobufWriter {
  #bytes: Uint8Array<ArrayBuffer>
  #length = 0

  constructor(capacityBytes = 256) {
    this.#bytes = new Uint8Array(capacityBytes)
  }

  /** Writes a signed integer field. Negative values take ten bytes: int64 is written in two's complement. */
  int(field: number, value: number | bigint): void {
    this.#tag(field, wireVarint)
    this.#varint(BigInt.asUintN(64, BigInt(value)))
  }

  float(field: number, value: number): void {
    this.#tag(field, wireFixed32)
    this.#reserve(4)
    new DataView(this.#bytes.buffer).setFloat32(this.#length, value, true)
    this.#length += 4
  }

  string(field: number, value: string): void {
    this.bytes(field, utf8.encode(value))
  }

  bytes(field: number, value: Uint8Array): void {
    this.#tag(field, wireLengthDelimited)
    this.#varint(BigInt(value.length))
    this.#reserve(value.length)
    this.#bytes.set(value, this.#length)
    this.#length += value.length
  }

  /** Writes a nested message, whose fields `write` puts into the writer it is given. */
  message(field: number, write: (nested: ProtobufWriter) => void, capacityBytes?: number): void {
    const nested = new ProtobufWriter(capacityBytes)
    write(nested)
    this.bytes(field, nested.finish())
  }

  /** The bytes written so far, as a view that later writes may invalidate. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length)
  }

  #tag(field: number, wireType: number): void {
    this.#varint(BigInt((field << 3) | wireType))
  }

  #varint(value: bigint): void {
    this.#reserve(10)
    let rest = value
    while (rest > 0x7fn) {
      this.#bytes[this.#length++] = Number(rest & 0x7fn) | 0x80
      rest >>= 7n
    }
    this.#bytes[this.#length++] = Number(rest)
  }

  #reserve(count: number): void {
    const needed = this.#length + count
    if (needed <= this.#bytes.length) return
    const larger = new Uint8Array(Math.max(needed, this.#bytes.length * 2))
    larger.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = larger
  }
}
