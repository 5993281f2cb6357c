// What CUDA C has and C++ has not, on one processor: a block's threads are fibres that take turns.
//
// A thread runs until it reaches a barrier or its end; then comes the next, in the order asked for:
// 0 as they are numbered, 1 from the last to the first, else shuffled with that number as the seed,
// anew after every barrier.  Blocks run one after another, in such an order too.  What is shared is
// filled with ones (NaN) before each block.

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#define __global__
#define __device__ static
#define __shared__ static __attribute__((section("cuda_shared")))
#define __syncthreads() host::pause_here(__LINE__)

extern char __start_cuda_shared[] __attribute__((weak));
extern char __stop_cuda_shared[] __attribute__((weak));

struct Place { unsigned int x; };
static Place blockIdx, threadIdx, blockDim, gridDim;

#define BOTH(name, single, full)                  \
  static float name(float x) { return single(x); } \
  static double name(double x) { return full(x); }
BOTH(exp, __builtin_expf, __builtin_exp)
BOTH(log, __builtin_logf, __builtin_log)
BOTH(sqrt, __builtin_sqrtf, __builtin_sqrt)
BOTH(erf, __builtin_erff, __builtin_erf)
BOTH(tanh, __builtin_tanhf, __builtin_tanh)
BOTH(fabs, __builtin_fabsf, __builtin_fabs)

namespace host {

enum { MOST = 1024, STACK = 1 << 16, WAITING = 0, ENDED = -1 };
enum { FINE = 0, DIVERGENT = 1, TOO_MANY = 2 };

static ucontext_t outside, inside;
static jmp_buf scheduler, fibre[MOST];
static char *stacks;
static int state[MOST];  // the line of a barrier, or ENDED
static unsigned int made, turn[MOST];
static void (*body)(void *);
static void *arguments;
static unsigned long long dice;

static void pause_here(int what) {
  state[threadIdx.x] = what;
  if (!_setjmp(fibre[threadIdx.x])) _longjmp(scheduler, 1);
}

static void born() {
  if (!_setjmp(fibre[threadIdx.x])) swapcontext(&inside, &outside);
  for (;;) {  // one thread of each block that is to come
    body(arguments);
    pause_here(ENDED);
  }
}

static void make(unsigned int threads) {
  if (!stacks) stacks = (char *)malloc((size_t)MOST * STACK);
  for (; made < threads; made++) {
    getcontext(&inside);
    inside.uc_stack.ss_sp = stacks + (size_t)made * STACK;
    inside.uc_stack.ss_size = STACK;
    inside.uc_link = 0;
    makecontext(&inside, born, 0);
    threadIdx.x = made;
    swapcontext(&outside, &inside);
  }
}

static void order(unsigned int *turns, unsigned int n, unsigned long long how) {
  for (unsigned int i = 0; i < n; i++) turns[i] = how == 1 ? n - 1 - i : i;
  for (unsigned int i = n; how > 1 && i > 1; i--) {
    dice = dice * 6364136223846793005ULL + 1442695040888963407ULL;
    unsigned int j = (unsigned int)((dice >> 33) % i), kept = turns[i - 1];
    turns[i - 1] = turns[j];
    turns[j] = kept;
  }
}

static int one_block(unsigned int threads, unsigned long long how) {
  static unsigned int i, ended;  // static: they outlive the jumps
  if (__start_cuda_shared)
    memset(__start_cuda_shared, 0xff, __stop_cuda_shared - __start_cuda_shared);
  for (i = 0; i < threads; i++) state[i] = WAITING;
  for (ended = 0; ended == 0;) {
    order(turn, threads, how);
    for (i = 0; i < threads; i++) {
      threadIdx.x = turn[i];
      if (!_setjmp(scheduler)) _longjmp(fibre[threadIdx.x], 1);
    }
    for (i = 0; i < threads; i++) {
      ended += state[i] == ENDED;
      if (state[i] != state[0]) {
        made = 0;  // they are in the middle of something, and are made anew
        return DIVERGENT;
      }
    }
  }
  return FINE;
}

static int run(unsigned int blocks, unsigned int threads, unsigned long long how,
               void (*of)(void *), void *with) {
  if (threads > MOST) return TOO_MANY;
  body = of, arguments = with, dice = how;
  blockDim.x = threads, gridDim.x = blocks;
  make(threads);
  unsigned int *turns = (unsigned int *)malloc(blocks * sizeof *turns);
  order(turns, blocks, how);
  int answer = FINE;
  for (unsigned int i = 0; i < blocks && answer == FINE; i++) {
    blockIdx.x = turns[i];
    answer = one_block(threads, how);
  }
  free(turns);
  return answer;
}

}  // namespace host
