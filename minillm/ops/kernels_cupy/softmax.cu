// Softmax and its logarithm over rows, one block for each row:
//
//   m = max_j s_j,   Z = sum_j exp(s_j - m)
//   p_i = exp(s_i - m) / Z                     dL/ds_i = p_i (g_i - sum_j g_j p_j)
//   y_i = s_i - m - ln Z                       dL/ds_i = g_i - exp(y_i) sum_j g_j
//
// A row of nothing but -inf, or with an inf, is NaN: inf - inf.

__device__ real largest_of_row(const real *row, whole width) {
  real m = row[0];
  for (whole j = threadIdx.x; j < width; j += BLOCK) m = larger(m, row[j]);
  return largest_of_block(m);
}

__device__ real sum_of_exponentials(const real *row, whole width, real m) {
  real z = 0;
  for (whole j = threadIdx.x; j < width; j += BLOCK) z += exp(row[j] - m);
  return sum_of_block(z);
}

extern "C" __global__ void softmax_forward(real *p, const real *s, whole width) {
  const real *row = s + blockIdx.x * width;
  real m = largest_of_row(row, width), z = sum_of_exponentials(row, width, m);
  for (whole j = threadIdx.x; j < width; j += BLOCK)
    p[blockIdx.x * width + j] = exp(row[j] - m) / z;
}

extern "C" __global__ void softmax_backward(real *ds, const real *p, const real *g, whole width) {
  whole first = blockIdx.x * width;
  real mean = 0;
  for (whole j = threadIdx.x; j < width; j += BLOCK) mean += g[first + j] * p[first + j];
  mean = sum_of_block(mean);
  for (whole j = threadIdx.x; j < width; j += BLOCK)
    ds[first + j] = p[first + j] * (g[first + j] - mean);
}

extern "C" __global__ void log_softmax_forward(real *y, const real *s, whole width) {
  const real *row = s + blockIdx.x * width;
  real m = largest_of_row(row, width), log_z = log(sum_of_exponentials(row, width, m));
  for (whole j = threadIdx.x; j < width; j += BLOCK)
    y[blockIdx.x * width + j] = row[j] - m - log_z;
}

extern "C" __global__ void log_softmax_backward(
    real *ds, const real *y, const real *g, whole width) {
  whole first = blockIdx.x * width;
  real total = 0;
  for (whole j = threadIdx.x; j < width; j += BLOCK) total += g[first + j];
  total = sum_of_block(total);
  for (whole j = threadIdx.x; j < width; j += BLOCK)
    ds[first + j] = g[first + j] - exp(y[first + j]) * total;
}
