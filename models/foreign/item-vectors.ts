/** Item vectors that were made elsewhere: a matrix of float32, and the item of each row. */

/** The vectors or their ids cannot be read, or do not fit each other. */
export class ItemVectorsInvalid extends Error {
  override readonly name = 'ItemVectorsInvalid'

  constructor(problem: string) {
    super(
      `The item vectors cannot be used: ${problem}. Expected a .npy file of float32 [items, dimension] in C order, or the ` +
        'bare little-endian float32 of such a matrix, and a text file with the id of one item per line, in the same order.',
    )
  }
}

export interface ItemVectors {
  readonly ids: readonly string[]
  readonly dimension: number
  /** [ids × dimension] */
  readonly vectors: Float32Array
}

/**
 * @param bytes of a .npy file (numpy.lib.format, version 1 to 3) or of bare numbers
 * @param idText one id per line
 * @throws ItemVectorsInvalid
 */
export function readItemVectors(bytes: Uint8Array, idText: string): ItemVectors {
  const ids = idText.split(/\r?\n/)
  if (ids.at(-1) === '') ids.pop()
  const unnamed = ids.indexOf('')
  if (unnamed >= 0) throw new ItemVectorsInvalid(`line ${unnamed + 1} of the ids is empty`)
  const met = new Set<string>()
  const twice = ids.find(id => met.size === met.add(id).size)
  if (ids.length === 0) throw new ItemVectorsInvalid('there are no ids')
  if (twice !== undefined) throw new ItemVectorsInvalid(`the id '${twice}' is there twice`)
  const { shape, content } = isNpy(bytes) ? readNpy(bytes) : { shape: null, content: bytes }
  if (content.length === 0 || content.length % (4 * ids.length) !== 0) {
    throw new ItemVectorsInvalid(`${content.length} bytes do not divide into ${ids.length} vectors of float32`)
  }
  const dimension = content.length / 4 / ids.length
  if (shape !== null && (shape.length !== 2 || shape[0] !== ids.length || shape[1] !== dimension)) {
    throw new ItemVectorsInvalid(`the matrix is [${shape.join(', ')}], and there are ${ids.length} ids`)
  }
  const vectors = new Float32Array(new Uint8Array(content).buffer)
  const bad = vectors.findIndex(value => !Number.isFinite(value))
  if (bad >= 0) {
    throw new ItemVectorsInvalid(`the vector of '${ids[Math.floor(bad / dimension)]}' holds ${vectors[bad]}`)
  }
  return { ids, dimension, vectors }
}

/** The vectors in the order of a vocabulary; items without one get zeros, which no search finds. */
export function placeVectors({ ids, dimension, vectors }: ItemVectors, vocabulary: readonly string[]) {
  const placed = new Float32Array(vocabulary.length * dimension)
  const rowOf = new Map(ids.map((id, row) => [id, row]))
  let found = 0
  for (const [place, id] of vocabulary.entries()) {
    const row = rowOf.get(id)
    if (row === undefined) continue
    placed.set(vectors.subarray(row * dimension, (row + 1) * dimension), place * dimension)
    found++
  }
  return { placed, found }
}

const magic = [0x93, ...new TextEncoder().encode('NUMPY')]

function isNpy(bytes: Uint8Array): boolean {
  return magic.every((byte, at) => bytes[at] === byte)
}

function readNpy(bytes: Uint8Array): { readonly shape: readonly number[]; readonly content: Uint8Array } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < 12) throw new ItemVectorsInvalid('the .npy file ends inside its header')
  const wide = bytes[6] > 1
  const start = wide ? 12 : 10
  const length = wide ? view.getUint32(8, true) : view.getUint16(8, true)
  if (start + length > bytes.length) throw new ItemVectorsInvalid('the .npy file ends inside its header')
  const header = new TextDecoder().decode(bytes.subarray(start, start + length))
  const [, type] = header.match(/'descr':\s*'([^']*)'/) ?? []
  const [, sizes] = header.match(/'shape':\s*\(([^)]*)\)/) ?? []
  if (type !== '<f4') throw new ItemVectorsInvalid(`the .npy file holds elements of type '${type}'`)
  if (/'fortran_order':\s*True/.test(header)) throw new ItemVectorsInvalid('the .npy file is in Fortran order')
  if (sizes === undefined) throw new ItemVectorsInvalid('the .npy file does not tell its shape')
  const shape = sizes
    .split(',')
    .filter(size => size.trim() !== '')
    .map(Number)
  return { shape, content: bytes.subarray(start + length) }
}
