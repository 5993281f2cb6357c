// What the kernels share.  REAL is float or double, said when the text is compiled; all blocks have
// BLOCK threads.
typedef REAL real;
typedef long long whole;
typedef unsigned long long word;
typedef bool flag;

#define BLOCK 256

// The larger of two numbers; a NaN stays.
__device__ real larger(real a, real b) { return a > b || a != a ? a : b; }

// The sum of one number from every thread of the block, in the same order each time, for all.
__device__ real sum_of_block(real x) {
  __shared__ real part[BLOCK];
  __syncthreads();  // the answer before has been read by all
  part[threadIdx.x] = x;
  for (unsigned int half = BLOCK / 2; half > 0; half /= 2) {
    __syncthreads();
    if (threadIdx.x < half) part[threadIdx.x] += part[threadIdx.x + half];
  }
  __syncthreads();
  return part[0];
}

// The largest of them.
__device__ real largest_of_block(real x) {
  __shared__ real part[BLOCK];
  __syncthreads();
  part[threadIdx.x] = x;
  for (unsigned int half = BLOCK / 2; half > 0; half /= 2) {
    __syncthreads();
    if (threadIdx.x < half) part[threadIdx.x] = larger(part[threadIdx.x], part[threadIdx.x + half]);
  }
  __syncthreads();
  return part[0];
}
