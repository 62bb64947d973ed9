import { isUtf8 } from 'node:buffer'

/** A line without its end. */
export interface Line {
  /** From 1. */
  readonly number: number
  readonly text: string
  /** Why the text is not what the file holds, when it is not. */
  readonly fault?: string
}

export type LineEncoding = 'utf8' | 'latin1'

const newline = 0x0a
const byteOrderMark = '\uFEFF'

/**
 * Splits a byte stream into lines, a block of them per chunk. Lines end with LF or CRLF, the last one also without; a
 * byte order mark at the start is dropped. A line of more than `lineBytesMax` bytes, or one that is not UTF-8 where it
 * should be, comes with a fault: decoding would replace what is not UTF-8, and two ids would become one.
 */
export async function* readLines(
  chunks: AsyncIterable<Uint8Array>,
  encoding: LineEncoding,
  lineBytesMax: number,
): AsyncGenerator<readonly Line[]> {
  const splitter = new LineSplitter(encoding, lineBytesMax)
  for await (const chunk of chunks) {
    const lines = splitter.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength))
    if (lines.length > 0) yield lines
  }
  const last = splitter.end()
  if (last !== undefined) yield [last]
}

class LineSplitter {
  private readonly encoding: LineEncoding
  private readonly lineBytesMax: number
  /** The start of a line whose end has not come yet. */
  private parts: Buffer[] = []
  private partBytes = 0
  private number = 0

  constructor(encoding: LineEncoding, lineBytesMax: number) {
    this.encoding = encoding
    this.lineBytesMax = lineBytesMax
  }

  push(chunk: Buffer): Line[] {
    const lines: Line[] = []
    let start = 0
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
      this.keep(chunk.subarray(start, end))
      lines.push(this.take())
      start = end + 1
    }
    // Copied, as the stream may use the chunk's memory again.
    if (start < chunk.length) this.keep(Buffer.from(chunk.subarray(start)))
    return lines
  }

  end(): Line | undefined {
    return this.partBytes > 0 ? this.take() : undefined
  }

  private keep(part: Buffer): void {
    this.partBytes += part.length
    // The rest of a line that is too long is counted, not kept.
    if (this.partBytes <= this.lineBytesMax) this.parts.push(part)
  }

  private take(): Line {
    const { parts, partBytes } = this
    this.parts = []
    this.partBytes = 0
    const number = ++this.number
    if (partBytes > this.lineBytesMax) {
      return { number, text: '', fault: `has ${partBytes} bytes, at most ${this.lineBytesMax} are allowed` }
    }
    const bytes = parts.length === 1 ? parts[0]! : Buffer.concat(parts)
    const text = trimEnd(bytes.toString(this.encoding), number)
    if (this.encoding === 'utf8' && !isUtf8(bytes)) return { number, text, fault: 'is not valid UTF-8' }
    return { number, text }
  }
}

function trimEnd(text: string, number: number): string {
  const start = number === 1 && text.startsWith(byteOrderMark) ? 1 : 0
  const end = text.endsWith('\r') ? text.length - 1 : text.length
  return start === 0 && end === text.length ? text : text.slice(start, end)
}
