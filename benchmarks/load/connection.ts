import { connect, type Socket } from 'node:net'

export type Answered = (status: number, body: string) => void

const headEnd = '\r\n\r\n'

/**
 * One kept-alive HTTP connection with one request under way at a time; understands answers with a `Content-Length`,
 * which is all that the server sends. Made for little work per request: what the load uses, the server does not get.
 */
export class Connection {
  private readonly socket: Socket
  private answered: Answered | null = null
  private received: Buffer = Buffer.alloc(0)

  /** @param onEnd called once, when the connection is gone; a request under way then stays without an answer */
  constructor(port: number, host: string, onEnd: (wasBusy: boolean) => void) {
    this.socket = connect({ port, host, noDelay: true })
    this.socket.on('data', chunk => this.take(chunk))
    this.socket.on('error', () => {})
    this.socket.on('close', () => onEnd(this.answered !== null))
  }

  send(request: Buffer, answered: Answered): void {
    this.answered = answered
    this.socket.write(request)
  }

  destroy(): void {
    this.socket.destroy()
  }

  private take(chunk: Buffer): void {
    this.received = this.received.length === 0 ? chunk : Buffer.concat([this.received, chunk])
    const headLength = this.received.indexOf(headEnd)
    if (headLength < 0) return
    const head = this.received.toString('latin1', 0, headLength)
    const bodyStart = headLength + headEnd.length
    const bodyEnd = bodyStart + contentLength(head)
    if (this.received.length < bodyEnd) return
    const body = this.received.toString('utf8', bodyStart, bodyEnd)
    this.received = Buffer.alloc(0)
    const { answered } = this
    this.answered = null
    answered?.(Number(head.slice(9, 12)), body)
  }
}

/** @throws Error for an answer without one */
function contentLength(head: string): number {
  const found = /\r\ncontent-length: *(\d+)/i.exec(head)
  if (found === null) throw new Error(`the server answered without a Content-Length: ${head}`)
  return Number(found[1])
}

/** The bytes of a POST of JSON. */
export function postBytes(host: string, path: string, body: string): Buffer {
  const length = Buffer.byteLength(body)
  const head = `POST ${path} HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nContent-Length: ${length}`
  return Buffer.from(`${head}${headEnd}${body}`)
}
