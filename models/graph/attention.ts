/** Attention as one operation, whose backward pass keeps what a composition of softmax and products would compute again. */
import { add, mul, sub, sumTo } from './arithmetic.ts'
import type { Value } from './graph.ts'
import { matmul } from './matrix.ts'
import { apply, type Operation } from './operation.ts'
import { reduceSum } from './reduction.ts'

interface AttentionOptions {
  readonly scale: number
}

const attentionOperation: Operation<AttentionOptions> = {
  forward: ([query, key, value, bias, mask], { scale }) => {
    const { graph } = query
    const logits = add(matmul(query, key, { transposeB: true, scale }), bias)
    const shares = graph.node('Softmax', [logits], logits.shape, { axis: { int: -1 } })
    const kept = mask ? mul(shares, mask) : shares
    return [matmul(kept, value), shares, kept]
  },
  /**
   * With P the shares, M the mask and O the output: ∂logits = P ∘ (M ∘ (∂O·Vᵀ) − Σ ∂O ∘ O). The sum over a row of
   * ∂P ∘ P equals that of ∂O ∘ O (Dao et al., FlashAttention, NeurIPS 2022, appendix B), which is d wide instead of L.
   */
  gradient: ({ inputs, outputs: [output, shares, kept], attributes: { scale }, gradients: [g] }) => {
    const [query, key, value, bias, mask] = inputs
    const wholeRow = reduceSum(mul(g!, output), [-1], true)
    const unmasked = matmul(g!, value, { transposeB: true })
    const masked = mask ? mul(unmasked, mask) : unmasked
    const delta = mul(shares, sub(masked, wholeRow))
    return [
      matmul(delta, key, { scale }),
      matmul(delta, query, { transposeA: true, scale }),
      matmul(kept, g!, { transposeA: true }),
      bias.differentiable ? sumTo(delta, bias) : undefined,
      undefined,
    ]
  },
}

/**
 * softmax(scale · query · keyᵀ + bias) · value, scaled dot-product attention (Vaswani et al., NeurIPS 2017).
 * @param query [s, l, d] @param key [s, m, d] @param value [s, m, d] for a stack of s sequences (or sequences × heads)
 * @param bias broadcasts to [s, l, m]; a very negative element forbids that place
 * @param mask an inverted dropout mask [s, l, m] for the shares
 */
export function attention(
  query: Value,
  key: Value,
  value: Value,
  bias: Value,
  options: AttentionOptions & { readonly mask?: Value },
): Value {
  const { mask, scale } = options
  const inputs = [query, key, value, bias]
  return apply(attentionOperation, mask ? [...inputs, mask] : inputs, { scale })[0]
}
