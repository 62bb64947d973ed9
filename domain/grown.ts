type Column = Uint8Array | Uint32Array | Float32Array | Float64Array

/** `to`, which is longer, with what was in `from`. */
export function grown<C extends Column>(from: C, to: C): C {
  to.set(from)
  return to
}
