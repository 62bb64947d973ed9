import { idBytesMax } from '../domain/identity/id-bytes.ts'
import { StorageError } from './errors.ts'
import type { StoreKey } from './online-store.ts'

/**
 * Keys of all spaces as bytes, in one order:
 *
 *   name of the space · 0 · 1 · ordinal (uint32, big-endian)     or     name of the space · 0 · 2 · id (UTF-8)
 */

const ordinalTag = 1
const idTag = 2
const afterAllTags = 3
const spaceName = /^[a-z][a-z0-9-]{0,31}$/

export class SpaceKeys {
  /** Before every key of the space. */
  readonly start: Uint8Array
  /** After every key of the space. */
  readonly end: Uint8Array
  readonly #prefix: Buffer

  /** @throws StorageError `invalid` */
  constructor(space: string) {
    if (!spaceName.test(space)) {
      throw new StorageError(
        'invalid',
        `'${space}' can not name a space`,
        'Use up to 32 lower-case letters, digits and hyphens',
      )
    }
    this.#prefix = Buffer.from(`${space}\0`)
    this.start = Buffer.concat([this.#prefix, Buffer.of(ordinalTag)])
    this.end = Buffer.concat([this.#prefix, Buffer.of(afterAllTags)])
  }

  /** @throws StorageError `invalid` for an id that is too long or has no UTF-8, and for a number that is no uint32 */
  encode(key: StoreKey): Buffer {
    return typeof key === 'number' ? this.#encodeOrdinal(key) : this.#encodeId(key)
  }

  /** `bytes` as `encode` returned them. */
  decode(bytes: Uint8Array): StoreKey {
    const body = this.#prefix.length + 1
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    return bytes[body - 1] === idTag ? buffer.toString('utf8', body) : buffer.readUInt32BE(body)
  }

  #encodeOrdinal(ordinal: number): Buffer {
    if (ordinal >>> 0 !== ordinal) {
      throw new StorageError('invalid', `${ordinal} is no ordinal`, 'Ordinals are whole numbers from 0 to 4294967295')
    }
    const bytes = Buffer.allocUnsafe(this.#prefix.length + 5)
    this.#prefix.copy(bytes)
    bytes[this.#prefix.length] = ordinalTag
    bytes.writeUInt32BE(ordinal, this.#prefix.length + 1)
    return bytes
  }

  #encodeId(id: string): Buffer {
    const length = Buffer.byteLength(id)
    if (length > idBytesMax || !id.isWellFormed()) {
      throw new StorageError(
        'invalid',
        `The id '${id.slice(0, 32)}…' of ${length} bytes can not be stored`,
        `Ids are well-formed Unicode of at most ${idBytesMax} bytes in UTF-8`,
      )
    }
    const bytes = Buffer.allocUnsafe(this.#prefix.length + 1 + length)
    this.#prefix.copy(bytes)
    bytes[this.#prefix.length] = idTag
    bytes.write(id, this.#prefix.length + 1)
    return bytes
  }
}
