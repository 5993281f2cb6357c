// Cross-entropy of rows of logits, one block for each row:
//
//   m = max_j z_j,   Z = sum_j exp(z_j - m),   ln p_j = z_j - m - ln Z
//   cost = -ln p_t                             dL/dz_j = r (p_j - [j = t])
//
// r is what the loss makes of a cost, 1/n for the mean, times the gradient that arrives.  A row
// whose target is to be ignored has the cost 0 and the gradient 0, whatever its logits are.

// A target outside the classes counts from the end, as an index of CuPy does.
__device__ whole inside(whole target, whole width) { return (target % width + width) % width; }

extern "C" __global__ void cross_entropy_forward(
    real *cost, real *top, real *log_total, const real *z, const whole *targets, whole ignored,
    whole width) {
  const real *row = z + blockIdx.x * width;
  whole target = targets[blockIdx.x];
  real m = row[0], total = 0;
  for (whole j = threadIdx.x; j < width; j += BLOCK) m = larger(m, row[j]);
  m = largest_of_block(m);
  for (whole j = threadIdx.x; j < width; j += BLOCK) total += exp(row[j] - m);
  total = log(sum_of_block(total));
  if (threadIdx.x > 0) return;
  cost[blockIdx.x] = target == ignored ? 0 : total - (row[inside(target, width)] - m);
  top[blockIdx.x] = m;
  log_total[blockIdx.x] = total;
}

extern "C" __global__ void cross_entropy_backward(
    real *dz, const real *r, const real *top, const real *log_total, const real *z,
    const whole *targets, whole ignored, whole width) {
  whole first = blockIdx.x * width, target = targets[blockIdx.x];
  bool counts = target != ignored;
  whole chosen = inside(target, width);
  real m = top[blockIdx.x], log_z = log_total[blockIdx.x];
  for (whole j = threadIdx.x; j < width; j += BLOCK) {
    real p = exp(z[first + j] - m - log_z);
    dz[first + j] = counts ? r[blockIdx.x] * (p - (j == chosen)) : 0;
  }
}
