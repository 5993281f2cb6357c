// Adam's step with decoupled weight decay as one pass, one thread for each weight:
//
//   m = b1 m + (1 - b1) g,   v = b2 v + (1 - b2) g^2
//   w_new = w - (size m / (root sqrt(v) + eps) + decay w)
//   size = lr / (1 - b1^t),   root = 1 / sqrt(1 - b2^t),   decay = lr weight_decay

extern "C" __global__ void adam(
    real *w_new, real *m, real *v, const real *w, const real *g, real b1, real rest1, real b2,
    real rest2, real size, real root, real eps, real decay, whole n) {
  whole i = (whole)blockIdx.x * BLOCK + threadIdx.x;
  if (i >= n) return;
  m[i] = b1 * m[i] + rest1 * g[i];
  v[i] = b2 * v[i] + rest2 * g[i] * g[i];
  real faded = decay == 0 ? 0 : decay * w[i];  // 0 times infinity is NaN
  w_new[i] = w[i] - (size * m[i] / (root * sqrt(v[i]) + eps) + faded);
}
