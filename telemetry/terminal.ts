/** Where text for people goes; `process.stderr` is one. */
export interface TextStream {
  write(text: string): unknown
  readonly isTTY?: boolean
  readonly columns?: number
}

const codes = { dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 }

export type Colour = keyof typeof codes

/** Colours only on a terminal, and never when NO_COLOR is set to anything (https://no-color.org). */
export function usesColour(stream: TextStream, environment: Readonly<Record<string, string | undefined>>): boolean {
  return stream.isTTY === true && !environment.NO_COLOR
}

export function paint(text: string, colour: Colour, enabled: boolean): string {
  return enabled ? `\x1b[${codes[colour]}m${text}\x1b[0m` : text
}
