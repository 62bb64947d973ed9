import { createHash, type Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { basename } from 'node:path'
import { type LineEncoding, readLines } from '../../storage/lines.ts'
import { BadLine } from './bad-line.ts'

/** A line without its end; the file's name and the number, from 1, are for messages. */
export interface TextLine {
  readonly file: string
  readonly number: number
  readonly text: string
}

const lineBytesMax = 1 << 24

/**
 * Hands on the lines of a file, one after another, without holding the file; empty lines are passed over.
 * @param hash takes the bytes as they stand in the file
 * @throws BadLine when a line is not text in the encoding, or has more than 16 million bytes
 */
export async function forEachLine(
  path: string,
  encoding: LineEncoding,
  hash: Hash,
  take: (line: TextLine) => void,
): Promise<void> {
  const file = basename(path)
  for await (const lines of readLines(hashed(path, hash), encoding, lineBytesMax)) {
    for (const { number, text, fault } of lines) {
      if (fault !== undefined)
        throw new BadLine(file, number, fault, 'Is this a text file, in the encoding of its format?')
      if (text !== '') take({ file, number, text })
    }
  }
}

async function* hashed(path: string, hash: Hash): AsyncGenerator<Uint8Array> {
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
    hash.update(chunk)
    yield chunk
  }
}

export function newHash(): Hash {
  return createHash('sha256')
}
