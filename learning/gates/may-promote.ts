import type { Manifest } from '../../models/artefact/artefact-manifest.ts'

/**
 * Whether a set may be used without anybody insisting: it passed its gates, or there is none that it could be worse than.
 *
 * @param promoted the set in use, null before the first
 */
export function mayPromote({ gate }: Pick<Manifest, 'gate'>, promoted: string | null): boolean {
  return promoted === null || gate?.passed !== false
}
