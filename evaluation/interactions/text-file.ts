import { createHash, type Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { basename } from 'node:path'
import { BadLine } from './bad-line.ts'

export type TextEncoding = 'utf-8' | 'latin1'

/** A line without its end; the file's name and the number, from 1, are for messages. */
export interface TextLine {
  readonly file: string
  readonly number: number
  readonly text: string
}

const lineLengthMax = 1 << 24

/**
 * Hands on the lines of a file, one after another, without holding the file; empty lines are passed over, and a byte
 * order mark is dropped.
 * @param hash takes the bytes as they stand in the file
 * @throws BadLine when a line is not text in the encoding, or has more than 16 million characters
 */
export async function forEachLine(
  path: string,
  encoding: TextEncoding,
  hash: Hash,
  take: (line: TextLine) => void,
): Promise<void> {
  const file = basename(path)
  const decoder = new TextDecoder(encoding, { fatal: encoding === 'utf-8' })
  let number = 0
  let rest = ''
  const decode = (chunk?: Uint8Array) => {
    try {
      return chunk === undefined ? decoder.decode() : decoder.decode(chunk, { stream: true })
    } catch {
      throw new BadLine(file, number + 1, 'is, or is followed by, what is not UTF-8', 'Convert the file to UTF-8')
    }
  }
  const takeLine = (text: string) => {
    number++
    const trimmed = text.endsWith('\r') ? text.slice(0, -1) : text
    if (trimmed !== '') take({ file, number, text: trimmed })
  }
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
    hash.update(chunk)
    const lines = (rest + decode(chunk)).split('\n')
    rest = lines.pop()!
    if (rest.length > lineLengthMax) {
      throw new BadLine(file, number + 1, `has more than ${lineLengthMax} characters`, 'Is this a text file?')
    }
    for (const line of lines) takeLine(line)
  }
  takeLine(rest + decode())
}

export function newHash(): Hash {
  return createHash('sha256')
}
