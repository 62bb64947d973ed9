import { normalise } from './vectors.ts'
import { themeCount, themes } from './vocabulary.ts'

export interface Genre {
  readonly name: string
  /** Share of titles that have it as their main category, before normalisation. */
  readonly prior: number
  /** Typical maturity limit in years. */
  readonly maturity: number
  readonly weights: Readonly<Record<string, number>>
}

/** Genres are correlated because they share themes: crime and mystery meet in detection. */
export const genres: readonly Genre[] = [
  { name: 'Action', prior: 1.2, maturity: 12, weights: { heist: 0.7, war: 0.5, machines: 0.5, sport: 0.3 } },
  { name: 'Adventure', prior: 1, maturity: 7, weights: { sea: 0.9, frontier: 0.5, magic: 0.4, nature: 0.3 } },
  { name: 'Animation', prior: 0.7, maturity: 0, weights: { magic: 0.6, family: 0.6, laughter: 0.6, school: 0.3 } },
  { name: 'Comedy', prior: 1.6, maturity: 7, weights: { laughter: 1, satire: 0.7, love: 0.2, kitchen: 0.2 } },
  { name: 'Crime', prior: 0.9, maturity: 16, weights: { heist: 0.9, detection: 0.6, courtroom: 0.4 } },
  { name: 'Documentary', prior: 0.7, maturity: 0, weights: { nature: 0.9, kitchen: 0.5, music: 0.3, sport: 0.3 } },
  { name: 'Drama', prior: 1.8, maturity: 12, weights: { courtroom: 0.8, family: 0.5, school: 0.4, love: 0.4 } },
  { name: 'Family', prior: 0.6, maturity: 0, weights: { family: 1, school: 0.4, laughter: 0.4, nature: 0.2 } },
  { name: 'Fantasy', prior: 0.7, maturity: 7, weights: { magic: 1, royalty: 0.4, haunting: 0.2 } },
  { name: 'History', prior: 0.4, maturity: 7, weights: { royalty: 1, war: 0.5, sea: 0.3 } },
  { name: 'Horror', prior: 0.6, maturity: 16, weights: { haunting: 1, machines: 0.2, nature: 0.1 } },
  { name: 'Music', prior: 0.4, maturity: 0, weights: { music: 1, love: 0.3, school: 0.2 } },
  { name: 'Mystery', prior: 0.6, maturity: 12, weights: { detection: 1, haunting: 0.4, courtroom: 0.3 } },
  { name: 'Romance', prior: 0.9, maturity: 7, weights: { love: 1, kitchen: 0.4, music: 0.2, royalty: 0.2 } },
  { name: 'Science Fiction', prior: 0.8, maturity: 12, weights: { space: 1, machines: 0.8 } },
  { name: 'Sport', prior: 0.3, maturity: 0, weights: { sport: 1, school: 0.4, family: 0.2 } },
  { name: 'Thriller', prior: 1, maturity: 16, weights: { detection: 0.6, haunting: 0.5, heist: 0.5, machines: 0.3 } },
  { name: 'War', prior: 0.3, maturity: 16, weights: { war: 1, royalty: 0.3, sea: 0.2 } },
  { name: 'Western', prior: 0.3, maturity: 12, weights: { frontier: 1, heist: 0.2, nature: 0.2 } },
]

export const genreCount = genres.length

/** Unit vectors over the themes, one per genre. */
export const genreCentroids: readonly Float32Array[] = genres.map(genre => {
  const centroid = new Float32Array(themeCount)
  themes.forEach((theme, k) => {
    centroid[k] = genre.weights[theme.name] ?? 0
  })
  return normalise(centroid)
})
