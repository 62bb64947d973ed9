import { defineFrame, type Frame } from '../domain/frame.ts'

/** What one partition proposes: for each source in registry order its items, best first. */
export const retrievalLayout = defineFrame({
  scalars: [
    'shard',
    'elapsedMs',
    /** The model set it was found with, 0 without one. */
    'generation',
  ],
  columns: {
    counts: 'u16',
    items: 'u32',
    scores: 'f32',
    /** Distinct items per filter, in registry order, owned by this shard. */
    removedCounts: 'u32',
    /** Filled when the request explains itself: which item, by which filter, proposed by which source. */
    removedItems: 'u32',
    removedBy: 'u8',
    removedFrom: 'u8',
  },
})

export type RetrievalFrame = Frame<typeof retrievalLayout>
