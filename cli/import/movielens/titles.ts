/** "Toy Story (1995)" as a title and a year; a title without a year keeps its text. "(2006–2007)" begins in 2006. */
export function splitTitle(text: string): { readonly title: string; readonly year?: number } {
  const match = /^(.*\S)\s*\((\d{4})(?:[–-]\d{0,4})?\)\s*$/.exec(text)
  return match === null ? { title: text.trim() } : { title: match[1], year: Number(match[2]) }
}

/** "Animation|Comedy" as a list; MovieLens has a phrase for none. */
export function splitGenres(text: string): string[] {
  return text === '(no genres listed)' ? [] : splitNames(text)
}

/** Names apart by bars, without blanks and repetitions. */
export function splitNames(text: string): string[] {
  const names = text
    .split('|')
    .map(name => name.trim())
    .filter(name => name !== '')
  return [...new Set(names)]
}
