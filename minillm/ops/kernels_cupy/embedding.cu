// The gradient of a table of embeddings: every row collects what is its own,
//
//   dL/dtable[v] = sum of g[i] over all i with ids[i] = v          (in the order of i)
//
// so that no two threads write to one place, and the sum has one order: no atomics, equal bits each
// time.  A block has BLOCK columns of one row.  It looks through the ids, BLOCK at a time, and adds
// only where its row is among them.  The row of what stands for "no word" gets 0.

extern "C" __global__ void embedding_backward(
    real *dtable, const real *g, const whole *ids, whole n, whole width, whole padding) {
  __shared__ whole some[BLOCK];
  __shared__ bool found;
  whole across = (width + BLOCK - 1) / BLOCK, row = blockIdx.x / across;
  whole j = (blockIdx.x % across) * BLOCK + threadIdx.x;
  real sum = 0;
  for (whole first = 0; first < n && row != padding; first += BLOCK) {
    whole i = first + threadIdx.x;
    some[threadIdx.x] = i < n ? ids[i] : -1;
    if (threadIdx.x == 0) found = false;
    __syncthreads();
    if (some[threadIdx.x] == row) found = true;  // whoever writes, writes the same
    __syncthreads();
    if (found && j < width)
      for (whole k = 0; k < BLOCK; k++)
        if (some[k] == row) sum += g[(first + k) * width + j];
    __syncthreads();  // before the next ids take their place
  }
  if (j < width) dtable[row * width + j] = sum;
}
