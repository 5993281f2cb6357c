// Attention without an array of all scores: a block has TILE queries of one head, and goes over the
// keys TILE at a time.  Thread (r, c) has the score of query r and key c, and numbers c, c + TILE,
// ... of row r of the result.
//
//   s = c q k^T where the mask lets it, else -inf,   p = softmax(s),   o = (p m) v
//   h = (g v^T) m,   d = sum_j p_j h_j,   ds = p (h - d)           (m: dropout's factors)
//   dq = c ds k,   dk = c ds^T q,   dv = (p m)^T g
//
// The softmax is made while the keys go by.  With M the largest score so far and Z the sum of
// exp(s - M), a larger score M' fades what was added up, by exp(M - M'); M and Z are kept for the
// backward pass, which makes p again.  A query that may attend to nothing has Z = 0 and gives 0.
//
// What has weight 0 counts for nothing, NaN and infinity too: they are 0 in every product with a
// weight.  A query that gives weight to such a value is NaN as a whole.

#define TILE 16
#define WIDEST (sizeof(real) == 4 ? 128 : 64)  // numbers in a query, key or value
#define EACH (WIDEST / TILE)
#define INFINITE (-log((real)0))

typedef real rows[TILE][WIDEST + 1];  // one more: the same place of all rows in different banks
typedef real square[TILE][TILE + 1];

// Where the mask or dropout's factor of a query and a key is; a stride of 0 is an axis of size 1.
__device__ whole place(whole n, whole heads, whole t, whole s, whole of_batch, whole of_head,
                       whole of_query, whole of_key) {
  return n / heads * of_batch + n % heads * of_head + t * of_query + s * of_key;
}

__device__ real finite(real x) { return x - x == 0 ? x : 0; }

__device__ real dot(const real *a, const real *b, whole width) {
  real sum = 0;
  for (whole j = 0; j < width; j++) sum += a[j] * b[j];
  return sum;
}

// TILE rows of matrix number n, from "first" on; 0 beyond the last.
__device__ void load(rows to, const real *from, whole n, whole first, whole length, whole width) {
  for (whole i = threadIdx.x; i < TILE * width; i += BLOCK) {
    whole t = first + i / width, j = i % width;
    to[i / width][j] = t < length ? from[(n * length + t) * width + j] : 0;
  }
}

// Weights lie so far "apart"; with "clean", what is not finite in the rows is 0.
__device__ void add_products(real *sum, const real *weight, int apart, rows x, bool clean,
                             whole width) {
#pragma unroll
  for (int i = 0; i < EACH; i++) {
    whole j = threadIdx.x % TILE + TILE * i;
    if (j < width)
      for (int k = 0; k < TILE; k++)
        sum[i] += weight[k * apart] * (clean ? finite(x[k][j]) : x[k][j]);
  }
}

__device__ void store(real *to, const real *sum, real factor, whole n, whole t, whole length,
                      whole width) {
#pragma unroll
  for (int i = 0; i < EACH; i++) {
    whole j = threadIdx.x % TILE + TILE * i;
    if (j < width && t < length) to[(n * length + t) * width + j] = factor * sum[i];
  }
}

extern "C" __global__ void attention_forward(
    real *o, real *largest, real *total, const real *q, const real *k, const real *v,
    const flag *mask, const real *keep, real scale, whole heads, whole queries, whole keys,
    whole width, whole v_width, whole mask_b, whole mask_h, whole mask_t, whole mask_s,
    whole keep_b, whole keep_h, whole keep_t, whole keep_s) {
  __shared__ rows q_rows, k_rows, v_rows;
  __shared__ square p, kept;
  __shared__ real m[TILE], z[TILE], fade[TILE], odd[TILE], of_odd[TILE];
  whole tiles = (queries + TILE - 1) / TILE, n = blockIdx.x / tiles;
  whole r = threadIdx.x / TILE, c = threadIdx.x % TILE, t = blockIdx.x % tiles * TILE + r;
  real sum[EACH] = {0};
  load(q_rows, q, n, t - r, queries, width);
  if (c == 0) m[r] = -INFINITE, z[r] = of_odd[r] = 0;
  for (whole first = 0; first < keys; first += TILE) {
    whole s = first + c;
    bool there = t < queries && s < keys;
    load(k_rows, k, n, first, keys, width);
    load(v_rows, v, n, first, keys, v_width);
    __syncthreads();
    bool seen = there && mask[place(n, heads, t, s, mask_b, mask_h, mask_t, mask_s)];
    p[r][c] = seen ? scale * dot(q_rows[r], k_rows[c], width) : -INFINITE;
    if (r == 0) {
      odd[c] = 0;
      for (whole j = 0; j < v_width; j++) odd[c] = v_rows[c][j] - v_rows[c][j] == 0 ? odd[c] : 1;
    }
    __syncthreads();
    if (c == 0) {
      real before = m[r];
      for (int j = 0; j < TILE; j++) m[r] = larger(m[r], p[r][j]);
      fade[r] = m[r] == -INFINITE ? 1 : exp(before - m[r]);
    }
    __syncthreads();
    p[r][c] = m[r] == -INFINITE ? 0 : exp(p[r][c] - m[r]);
    kept[r][c] =
        there ? p[r][c] * keep[place(n, heads, t, s, keep_b, keep_h, keep_t, keep_s)] : 0;
    __syncthreads();
    if (c == 0) {
      z[r] *= fade[r], of_odd[r] *= fade[r];
      for (int j = 0; j < TILE; j++) z[r] += p[r][j], of_odd[r] += kept[r][j] * odd[j];
    }
#pragma unroll
    for (int i = 0; i < EACH; i++) sum[i] *= fade[r];
    add_products(sum, kept[r], 1, v_rows, true, v_width);
    __syncthreads();
  }
  real factor = of_odd[r] > 0 ? INFINITE - INFINITE : 1 / (z[r] == 0 ? 1 : z[r]);
  store(o, sum, factor, n, t, queries, v_width);
  if (c == 0 && t < queries) largest[n * queries + t] = m[r], total[n * queries + t] = z[r];
}

// The weight of a query and a key, made again; a query with a NaN has NaN for every key.
__device__ real weight_of(real score, bool seen, real m, real z) {
  if (z != z) return z;
  return seen && z != 0 ? exp(score - m) / z : 0;
}

extern "C" __global__ void attention_backward_queries(
    real *dq, real *d, const real *g, const real *largest, const real *total, const real *q,
    const real *k, const real *v, const flag *mask, const real *keep, real scale, whole heads,
    whole queries, whole keys, whole width, whole v_width, whole mask_b, whole mask_h,
    whole mask_t, whole mask_s, whole keep_b, whole keep_h, whole keep_t, whole keep_s) {
  __shared__ rows q_rows, k_rows, v_rows, g_rows;
  __shared__ square ds;
  __shared__ real mean[TILE];
  whole tiles = (queries + TILE - 1) / TILE, n = blockIdx.x / tiles;
  whole r = threadIdx.x / TILE, c = threadIdx.x % TILE, t = blockIdx.x % tiles * TILE + r;
  real sum[EACH] = {0}, m = 0, z = 0;
  if (t < queries) m = largest[n * queries + t], z = total[n * queries + t];
  load(q_rows, q, n, t - r, queries, width);
  load(g_rows, g, n, t - r, queries, v_width);
  if (c == 0) mean[r] = 0;
  for (int pass = 0; pass < 2; pass++)  // first d, then what it is needed for
    for (whole first = 0; first < keys; first += TILE) {
      whole s = first + c;
      bool there = t < queries && s < keys;
      load(k_rows, k, n, first, keys, width);
      load(v_rows, v, n, first, keys, v_width);
      __syncthreads();
      real h = 0, p = 0;
      if (there) {
        bool seen = mask[place(n, heads, t, s, mask_b, mask_h, mask_t, mask_s)];
        p = weight_of(scale * dot(q_rows[r], k_rows[c], width), seen, m, z);
        for (whole j = 0; j < v_width; j++) h += g_rows[r][j] * finite(v_rows[c][j]);
        h *= keep[place(n, heads, t, s, keep_b, keep_h, keep_t, keep_s)];
      }
      ds[r][c] = pass == 0 ? p * h : p * (h - mean[r]);
      __syncthreads();
      if (pass == 1) add_products(sum, ds[r], 1, k_rows, true, width);
      if (pass == 0 && c == 0)
        for (int j = 0; j < TILE; j++) mean[r] += ds[r][j];
      __syncthreads();
    }
  store(dq, sum, scale, n, t, queries, width);
  if (c == 0 && t < queries) d[n * queries + t] = mean[r];
}

// Here a block has TILE keys, and goes over the queries; "d" comes from the kernel before.
extern "C" __global__ void attention_backward_keys(
    real *dk, real *dv, const real *d, const real *g, const real *largest, const real *total,
    const real *q, const real *k, const real *v, const flag *mask, const real *keep, real scale,
    whole heads, whole queries, whole keys, whole width, whole v_width, whole mask_b,
    whole mask_h, whole mask_t, whole mask_s, whole keep_b, whole keep_h, whole keep_t,
    whole keep_s) {
  __shared__ rows q_rows, k_rows, v_rows, g_rows;
  __shared__ square ds, kept;
  whole tiles = (keys + TILE - 1) / TILE, n = blockIdx.x / tiles;
  whole r = threadIdx.x / TILE, c = threadIdx.x % TILE, s = blockIdx.x % tiles * TILE + c;
  real sum_k[EACH] = {0}, sum_v[EACH] = {0};
  load(k_rows, k, n, s - c, keys, width);
  load(v_rows, v, n, s - c, keys, v_width);
  for (whole first = 0; first < queries; first += TILE) {
    whole t = first + r, row = n * queries + t;
    load(q_rows, q, n, first, queries, width);
    load(g_rows, g, n, first, queries, v_width);
    __syncthreads();
    real h = 0, p = 0, factor = 0, mean = 0;
    if (t < queries && s < keys) {
      bool seen = mask[place(n, heads, t, s, mask_b, mask_h, mask_t, mask_s)];
      factor = keep[place(n, heads, t, s, keep_b, keep_h, keep_t, keep_s)], mean = d[row];
      p = weight_of(scale * dot(q_rows[r], k_rows[c], width), seen, largest[row], total[row]);
      for (whole j = 0; j < v_width; j++) h += g_rows[r][j] * finite(v_rows[c][j]);
    }
    ds[r][c] = p * (h * factor - mean);
    kept[r][c] = p * factor;
    __syncthreads();
    add_products(sum_k, &ds[0][r], TILE + 1, q_rows, true, width);  // row r is key r here
    add_products(sum_v, &kept[0][r], TILE + 1, g_rows, false, v_width);
    __syncthreads();
  }
  store(dk, sum_k, scale, n, s - c + r, keys, width);
  store(dv, sum_v, 1, n, s - c + r, keys, v_width);
}
