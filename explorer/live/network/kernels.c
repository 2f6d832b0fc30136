// The inner loops of network.js, for WebAssembly with SIMD; kernels.js does the same in JavaScript.
// Nothing here keeps state or allocates: plan.js lays everything out in one memory, and a kernel is
// given the address of a record of 32-bit words. `tests/test_kernels.py` has the command that
// compiles this file.
//
// Images are stored pixel by pixel, the channels of one pixel side by side.

#include <wasm_simd128.h>

typedef v128_t vec;
#define EXPORT(name) __attribute__((export_name(#name)))
#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")

// Rounded after each product, as every browser does it; fused products gained nothing.
#define MADD(a, b, c) wasm_f32x4_add(wasm_f32x4_mul(a, b), c)
#define SPLAT(x) wasm_f32x4_splat(x)
#define LOAD(p) wasm_v128_load(p)
#define STORE(p, v) wasm_v128_store(p, v)

// out[where[p]] + 0..nOut = bias + sum over taps t and i < run of
//     weight[t, i] * x[from[p] + tap[t] + i],   run and nOut multiples of 4.
// Weights are stored in blocks of 8 output channels, the last one of 4 if need be.
//
// After Dukhan, "The Indirect Convolution Algorithm", 2019, https://arxiv.org/abs/1907.02129.
typedef struct {
  const float *weight, *bias;
  const char *const *from;
  float *const *where;
  const int *tap; // in bytes
  int nTaps, run, nPixels, nOut;
} Sums;

// One tile: 4 pixels by 4 * V output channels, one product of each at a time. With more of them V8
// runs out of registers.
INLINE void tile(const Sums *s, const float *w, const float *bias, int pixel, int o, const int V) {
  const char *const *from = s->from + pixel;
  vec sum[4][2];
  UNROLL for (int v = 0; v < V; v++) {
    vec b = LOAD(bias + 4 * v);
    UNROLL for (int p = 0; p < 4; p++) sum[p][v] = b;
  }
  const int run = s->run;
  for (int t = 0; t < s->nTaps; t++) {
    const int tap = s->tap[t];
    const float *x[4];
    UNROLL for (int p = 0; p < 4; p++) x[p] = (const float *)(from[p] + tap);
    for (int i = 0; i < run; i++, w += 4 * V) {
      vec wi[2];
      UNROLL for (int v = 0; v < V; v++) wi[v] = LOAD(w + 4 * v);
      UNROLL for (int p = 0; p < 4; p++) {
        vec xp = wasm_v128_load32_splat(x[p]++);
        UNROLL for (int v = 0; v < V; v++) sum[p][v] = MADD(xp, wi[v], sum[p][v]);
      }
    }
  }
  UNROLL for (int p = 0; p < 4; p++) {
    float *out = s->where[pixel + p] + o;
    UNROLL for (int v = 0; v < V; v++) STORE(out + 4 * v, sum[p][v]);
  }
}

// One pixel by 4 * V channels, as in a dense layer. Two sums for each channel, or each product would
// wait for the one before.
INLINE void single(const Sums *s, const float *w, const float *bias, int pixel, int o, const int V) {
  vec sum[2][2];
  UNROLL for (int v = 0; v < V; v++) {
    sum[0][v] = LOAD(bias + 4 * v);
    sum[1][v] = SPLAT(0);
  }
  const int run = s->run;
  for (int t = 0; t < s->nTaps; t++) {
    const float *x = (const float *)(s->from[pixel] + s->tap[t]);
    for (int i = 0; i < run; i += 2) {
      UNROLL for (unsigned k = 0; k < 2; k++) {
        vec xk = wasm_v128_load32_splat(x + k);
        UNROLL for (unsigned v = 0; v < V; v++)
          sum[k][v] = MADD(xk, LOAD(w + (k * V + v) * 4u), sum[k][v]);
      }
      w += 8 * V;
      x += 2;
    }
  }
  float *out = s->where[pixel] + o;
  UNROLL for (int v = 0; v < V; v++) STORE(out + 4 * v, wasm_f32x4_add(sum[0][v], sum[1][v]));
}

EXPORT(sums) void sums(const Sums *s) {
  const int n = s->nPixels, size = s->nTaps * s->run;
  const float *w = s->weight;
  for (int o = 0; o < s->nOut; o += 8, w += 8 * size) {
    const int wide = o + 8 <= s->nOut;
    const float *bias = s->bias + o;
    if (n < 4) {
      for (int p = 0; p < n; p++)
        if (wide) single(s, w, bias, p, o, 2);
        else single(s, w, bias, p, o, 1);
      continue;
    }
    for (int p = 0; p < n; p += 4) {
      if (p + 4 > n) p = n - 4; // the last tile may do some pixels again
      if (wide) tile(s, w, bias, p, o, 2);
      else tile(s, w, bias, p, o, 1);
    }
  }
}

// The same for one output channel and at least 4 pixels: four products of one pixel at a time,
// added up at the end.
INLINE vec dot4(const Sums *s, const int pixel, const float *w) {
  vec sum[4];
  UNROLL for (int p = 0; p < 4; p++) sum[p] = SPLAT(0);
  for (int t = 0; t < s->nTaps; t++) {
    const int tap = s->tap[t];
    const float *x[4];
    UNROLL for (int p = 0; p < 4; p++) x[p] = (const float *)(s->from[pixel + p] + tap);
    for (int i = 0; i < s->run; i += 4) {
      vec wi = LOAD(w);
      UNROLL for (int p = 0; p < 4; p++) {
        sum[p] = MADD(LOAD(x[p]), wi, sum[p]);
        x[p] += 4;
      }
      w += 4;
    }
  }
  vec a = wasm_i32x4_shuffle(sum[0], sum[1], 0, 4, 1, 5);
  vec b = wasm_i32x4_shuffle(sum[0], sum[1], 2, 6, 3, 7);
  vec c = wasm_i32x4_shuffle(sum[2], sum[3], 0, 4, 1, 5);
  vec d = wasm_i32x4_shuffle(sum[2], sum[3], 2, 6, 3, 7);
  a = wasm_f32x4_add(a, b); // of pixels 0 1 0 1
  c = wasm_f32x4_add(c, d); // of pixels 2 3 2 3
  return wasm_f32x4_add(wasm_i64x2_shuffle(a, c, 0, 2), wasm_i64x2_shuffle(a, c, 1, 3));
}

EXPORT(dots) void dots(const Sums *s) {
  const int n = s->nPixels;
  const vec bias = SPLAT(s->bias[0]);
  for (int p = 0; p < n; p += 4) {
    if (p + 4 > n) p = n - 4;
    vec sum = wasm_f32x4_add(dot4(s, p, s->weight), bias);
    *s->where[p] = wasm_f32x4_extract_lane(sum, 0);
    *s->where[p + 1] = wasm_f32x4_extract_lane(sum, 1);
    *s->where[p + 2] = wasm_f32x4_extract_lane(sum, 2);
    *s->where[p + 3] = wasm_f32x4_extract_lane(sum, 3);
  }
}

// The smaller and the larger; where a is no number, a.
#define LESS(a, b) wasm_f32x4_pmin(a, b)
#define MORE(a, b) wasm_f32x4_pmax(a, b)

// exp of x, taken to be within [-87, 87], to about 1e-7 of itself: 2^n from the exponent bits, and a
// polynomial on [-ln 2 / 2, ln 2 / 2] (coefficients as in XNNPACK's expf, rr2_p5).
INLINE vec expv(vec x) {
  x = MORE(LESS(x, SPLAT(87)), SPLAT(-87));
  const vec magic = SPLAT(0x1.8000FEp23f);
  vec n = MADD(x, SPLAT(0x1.715476p+0f), magic);
  vec scale = wasm_i32x4_shl(n, 23);
  n = wasm_f32x4_sub(n, magic);
  vec r = MADD(n, SPLAT(-0x1.62E400p-1f), x);
  r = MADD(n, SPLAT(-0x1.7F7D1Cp-20f), r);
  vec p = MADD(r, SPLAT(0x1.0F9F9Cp-7f), SPLAT(0x1.573A1Ap-5f));
  p = MADD(p, r, SPLAT(0x1.555A80p-3f));
  p = MADD(p, r, SPLAT(0x1.FFFDC6p-2f));
  p = MADD(p, r, SPLAT(0x1.FFFFF6p-1f));
  return MADD(p, wasm_f32x4_mul(r, scale), scale);
}

INLINE vec sigmoidv(vec x) {
  return wasm_f32x4_div(SPLAT(1), wasm_f32x4_add(SPLAT(1), expv(wasm_f32x4_neg(x))));
}

INLINE vec eluv(vec x) {
  vec below = wasm_f32x4_sub(expv(x), SPLAT(1));
  return wasm_v128_bitselect(x, below, wasm_f32x4_gt(x, SPLAT(0)));
}

enum { RELU, LEAKY_RELU, ELU, SILU, SIGMOID, TANH, AFFINE, ADD }; // as KINDS in plan.js

// Value by value, on h rows of `width` floats each, a multiple of 4.
typedef struct {
  int kind, h, width;
  const float *x;
  int xRow; // bytes from one row to the next
  float *out;
  int outRow;
  const float *y; // ADD: the other summand. AFFINE: a scale for each channel,
  int yRow;
  const float *shift; // and a shift
  int channels;
} Rows;

#define EACH(body)                                                                                 \
  for (int i = 0; i < r->width; i += 4) {                                                          \
    vec v = LOAD(x + i);                                                                           \
    STORE(out + i, body);                                                                          \
  }                                                                                                \
  break;

EXPORT(rows) __attribute__((noinline)) void rows(const Rows *r) {
  for (int h = 0; h < r->h; h++) {
    const float *x = (const float *)((const char *)r->x + h * r->xRow);
    const float *y = (const float *)((const char *)r->y + h * r->yRow);
    float *out = (float *)((char *)r->out + h * r->outRow);
    switch (r->kind) {
    case RELU:
      EACH(MORE(v, SPLAT(0)))
    case LEAKY_RELU:
      EACH(MORE(v, wasm_f32x4_mul(v, SPLAT(0.01f))))
    case ELU:
      EACH(eluv(v))
    case SILU:
      EACH(wasm_f32x4_mul(v, sigmoidv(v)))
    case SIGMOID:
      EACH(sigmoidv(v))
    case TANH:
      EACH(MADD(SPLAT(2), sigmoidv(wasm_f32x4_add(v, v)), SPLAT(-1)))
    case ADD:
      EACH(wasm_f32x4_add(v, LOAD(y + i)))
    case AFFINE:
      for (int at = 0; at < r->width; at += r->channels)
        for (int c = 0; c < r->channels; c += 4)
          STORE(out + at + c, MADD(LOAD(x + at + c), LOAD(r->y + c), LOAD(r->shift + c)));
    }
  }
}

// Group normalisation: works out scale and shift of an AFFINE. Of r->channels, `real` count.
typedef struct {
  Rows rows;
  int groups, real;
  const float *weight, *bias;
  float *sums;
} Norm;

// For each channel the sum of x, or the sum of squares of x - mean; row by row, which keeps rounding
// small.
INLINE void groupSums(const Norm *g, const float *mean) {
  const Rows *r = &g->rows;
  const int c = r->channels;
  for (int j = 0; j < c; j += 4) {
    vec m = mean ? LOAD(mean + j) : SPLAT(0), total = SPLAT(0);
    for (int h = 0; h < r->h; h++) {
      const float *row = (const float *)((const char *)r->x + h * r->xRow) + j;
      vec sum = SPLAT(0);
      for (int i = 0; i < r->width; i += c) {
        vec d = wasm_f32x4_sub(LOAD(row + i), m);
        sum = wasm_f32x4_add(sum, mean ? wasm_f32x4_mul(d, d) : d);
      }
      total = wasm_f32x4_add(total, sum);
    }
    STORE(g->sums + j, total);
  }
}

EXPORT(norm) void norm(const Norm *g) {
  const Rows *r = &g->rows;
  const int of = g->real / g->groups;
  const float count = 1.0f / (of * r->h * (r->width / r->channels));
  float *scale = (float *)r->y, *shift = (float *)r->shift;
  for (int pass = 0; pass < 2; pass++) {
    groupSums(g, pass ? shift : 0);
    for (int k = 0; k < g->real; k += of) {
      float total = 0;
      for (int j = k; j < k + of; j++) total += g->sums[j];
      const float inverse = 1 / __builtin_sqrtf(total * count + 1e-5f);
      for (int j = k; j < k + of; j++) {
        if (pass) {
          scale[j] = g->weight[j] * inverse;
          shift[j] = g->bias[j] - shift[j] * scale[j];
        } else shift[j] = total * count; // the mean, for now
      }
    }
  }
  rows(r);
}

// Copy n runs of `length` floats, one or a multiple of 4.
typedef struct {
  const float *const *from;
  float *const *to;
  int n, length;
} Pick;

EXPORT(pick) void pick(const Pick *p) {
  for (int i = 0; i < p->n; i++) {
    const float *x = p->from[i];
    float *out = p->to[i];
    if (p->length == 1) *out = *x;
    else
      for (int k = 0; k < p->length; k += 4) STORE(out + k, LOAD(x + k));
  }
}
