// Layer normalization, and without mean and bias RMS normalization; one block for each row:
//
//   z = (x - mean(x)) / s,   s = sqrt(mean((x - mean(x))^2) + eps),   y = gain z + bias
//   h = gain g             dL/dx = (h - mean(h) - z mean(h z)) / s
//   dL/dgain = sum of g z          dL/dbias = sum of g            (over all rows)
//
// Without "centred" both means that are not of a product with z are 0.  Squares of what is divided
// by the largest number of the row neither overflow nor vanish:
//
//   s = k sqrt(mean((x - mean)^2 / k^2) + eps / k^2),   k = max(max |x - mean|, sqrt(eps))

#define ROWS 64  // whose gradients of gain and bias one thread adds up

extern "C" __global__ void layer_norm_forward(
    real *y, real *mean, real *s, const real *x, const real *gain, const real *bias,
    real root_of_eps, flag centred, whole width) {
  const real *row = x + blockIdx.x * width;
  real middle = 0, k = root_of_eps, squares = 0;
  if (centred) {
    for (whole j = threadIdx.x; j < width; j += BLOCK) middle += row[j];
    middle = sum_of_block(middle) / width;
    real off = 0;  // a mean far from 0 is found to few digits: what is left over has the others
    for (whole j = threadIdx.x; j < width; j += BLOCK) off += row[j] - middle;
    middle += sum_of_block(off) / width;
  }
  for (whole j = threadIdx.x; j < width; j += BLOCK) k = larger(fabs(row[j] - middle), k);
  k = largest_of_block(k);
  for (whole j = threadIdx.x; j < width; j += BLOCK) {
    real part = (row[j] - middle) / k;
    squares += part * part;
  }
  real share = root_of_eps / k, root = k * sqrt(sum_of_block(squares) / width + share * share);
  if (threadIdx.x == 0) {
    mean[blockIdx.x] = middle;
    s[blockIdx.x] = root;
  }
  for (whole j = threadIdx.x; j < width; j += BLOCK) {
    real scaled = gain[j] * ((row[j] - middle) / root);
    y[blockIdx.x * width + j] = centred ? scaled + bias[j] : scaled;
  }
}

extern "C" __global__ void layer_norm_backward(
    real *dx, const real *g, const real *x, const real *gain, const real *mean, const real *s,
    flag centred, whole width) {
  whole first = blockIdx.x * width;
  real middle = mean[blockIdx.x], root = s[blockIdx.x], mean_h = 0, mean_hz = 0;
  for (whole j = threadIdx.x; j < width; j += BLOCK) {
    real h = gain[j] * g[first + j];
    mean_h += h;
    mean_hz += h * ((x[first + j] - middle) / root);
  }
  mean_hz = sum_of_block(mean_hz) / width;
  mean_h = centred ? sum_of_block(mean_h) / width : 0;
  for (whole j = threadIdx.x; j < width; j += BLOCK) {
    real z = (x[first + j] - middle) / root;
    dx[first + j] = (gain[j] * g[first + j] - mean_h - z * mean_hz) / root;
  }
}

// Each block has BLOCK columns of ROWS rows; dgain and dbias have one row for every ROWS of them.
extern "C" __global__ void layer_norm_gradients(
    real *dgain, real *dbias, const real *g, const real *x, const real *mean, const real *s,
    whole rows, whole width) {
  whole across = (width + BLOCK - 1) / BLOCK, part = blockIdx.x / across;
  whole j = (blockIdx.x % across) * BLOCK + threadIdx.x;
  if (j >= width) return;
  real of_gain = 0, of_bias = 0;
  for (whole i = part * ROWS; i < rows && i < (part + 1) * ROWS; i++) {
    of_gain += g[i * width + j] * ((x[i * width + j] - mean[i]) / s[i]);
    of_bias += g[i * width + j];
  }
  dgain[part * width + j] = of_gain;
  dbias[part * width + j] = of_bias;
}
