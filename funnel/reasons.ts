import { REASON, type ReasonCode } from '../algorithms/ranking/explanations.ts'
import type { CatalogReader } from '../domain/catalog-reader.ts'
import { segmentAgeBand, segmentRegion } from '../domain/popular-lists.ts'

/** The sentence a person reads. `reference` is the title a reason names, −1 where it names none. */
export function formatReason(code: ReasonCode, reference: number, segment: number, catalog: CatalogReader): string {
  switch (code) {
    case REASON.becauseYouWatched:
      return `because you watched ${catalog.title(reference)}`
    case REASON.similarContent:
      return `similar to ${catalog.title(reference)}`
    case REASON.fromCreator:
      return `from a creator of ${catalog.title(reference)}`
    case REASON.popularInSegment:
      return `popular ${segmentName(segment, catalog)}`
    case REASON.trending:
      return 'trending now'
    case REASON.newItem:
      return 'new'
    case REASON.tasteMatch:
      return 'liked by people with your taste'
    case REASON.popular:
      return 'popular with everybody'
    case REASON.none:
      return 'picked for you'
  }
}

function segmentName(segment: number, catalog: CatalogReader): string {
  const region = segmentRegion(segment)
  const ageBand = segmentAgeBand(segment)
  const place = region === 0 ? '' : `in ${catalog.regionName(region)}`
  const people = ageBand === 0 ? '' : `with people aged ${catalog.ageBandName(ageBand)}`
  return [place, people].filter(part => part !== '').join(' ')
}
