/**
 * Of what the catalogue and the counters write into a snapshot. Parts of another version are passed over: state is a fold
 * over the journal, and is folded again from its beginning.
 */
export const snapshotVersion = 2
