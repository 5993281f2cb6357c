// GELU in its two forms, one thread for each number:
//
//   F(x) = (1 + erf(x / sqrt 2)) / 2,   f(x) = exp(-x^2 / 2) / sqrt(2 pi)
//   y = x F(x)                                 dL/dx = g (F(x) + x f(x))
//
//   t = tanh(a (x + b x^3)),   a = sqrt(2 / pi),   b = 0.044715
//   y = x (1 + t) / 2                         dL/dx = g ((1 + t) + x (1 - t^2) a (1 + 3 b x^2)) / 2
//
// Beyond 40, F is 0 or 1 and f is 0, while a square could overflow and 0 times infinity is NaN.

#define FAR ((real)40)
#define ROOT_OF_HALF ((real)0.70710678118654752440)
#define PER_ROOT_2_PI ((real)0.39894228040143267794)
#define A ((real)0.79788456080286535588)
#define B ((real)0.044715)

__device__ real near(real x) { return x < -FAR ? -FAR : x > FAR ? FAR : x; }  // a NaN stays

__device__ real below(real x) { return (real)0.5 * (1 + erf(x * ROOT_OF_HALF)); }

__device__ real bent(real z) { return tanh(A * (z + B * z * z * z)); }

extern "C" __global__ void gelu_forward(real *y, const real *x, whole n) {
  whole i = (whole)blockIdx.x * BLOCK + threadIdx.x;
  if (i < n) y[i] = larger(x[i], -FAR) * below(x[i]);
}

extern "C" __global__ void gelu_backward(real *dx, const real *x, const real *g, whole n) {
  whole i = (whole)blockIdx.x * BLOCK + threadIdx.x;
  if (i >= n) return;
  real z = near(x[i]);
  dx[i] = g[i] * (below(x[i]) + z * (exp((real)-0.5 * z * z) * PER_ROOT_2_PI));
}

extern "C" __global__ void gelu_tanh_forward(real *y, const real *x, whole n) {
  whole i = (whole)blockIdx.x * BLOCK + threadIdx.x;
  if (i < n) y[i] = (real)0.5 * larger(x[i], -FAR) * (1 + bent(near(x[i])));
}

extern "C" __global__ void gelu_tanh_backward(real *dx, const real *x, const real *g, whole n) {
  whole i = (whole)blockIdx.x * BLOCK + threadIdx.x;
  if (i >= n) return;
  real z = near(x[i]), t = bent(z);
  dx[i] = (real)0.5 * g[i] * (1 + t + z * ((1 - t * t) * (A * (1 + 3 * B * z * z))));
}
