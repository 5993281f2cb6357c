// Dropout's factors, drawn on the device: the words that the host draws for the same key and count.
//
//   state <- MULTIPLIER state + plus   (mod 2^128),   each state gives 64 bits, and so four words
//   factor = 0 where the word is below "dropped", else "kept"
//
// It is PCG64 DXSM (O'Neill 2014), a congruential generator: n steps are again one multiplication
// and one addition, found by squaring in as many rounds as n has bits.  Thread i begins i numbers
// behind the first, and then leaps over the numbers of all the other threads.

typedef unsigned __int128 wide;

#define MULTIPLIER ((wide)0xda942042e4dd58b5ull)

__device__ wide joined(word high, word low) { return (wide)high << 64 | low; }

__device__ wide after(wide state, wide plus, word steps) {
  wide times = MULTIPLIER, all_times = 1, all_plus = 0;
  for (; steps > 0; steps >>= 1) {
    if (steps & 1) {
      all_times *= times;
      all_plus = all_plus * times + plus;
    }
    plus *= times + 1;
    times *= times;
  }
  return all_times * state + all_plus;
}

__device__ word bits_of(wide state) {
  word high = (word)(state >> 64), low = (word)state | 1;
  high ^= high >> 32;
  high *= 0xda942042e4dd58b5ull;
  high ^= high >> 48;
  return high * low;
}

// Word number "first" of the state's four, and those behind it, become keep[0], keep[1], ...
extern "C" __global__ void dropout_factors(
    real *keep, word state_high, word state_low, word plus_high, word plus_low,
    word leap_times_high, word leap_times_low, word leap_plus_high, word leap_plus_low,
    whole dropped, real kept, whole first, whole n) {
  whole number = (whole)blockIdx.x * BLOCK + threadIdx.x, threads = (whole)gridDim.x * BLOCK;
  wide times = joined(leap_times_high, leap_times_low);
  wide plus = joined(leap_plus_high, leap_plus_low);
  wide state = after(joined(state_high, state_low), joined(plus_high, plus_low), number);
  for (; 4 * number < first + n; number += threads, state = times * state + plus) {
    word bits = bits_of(state);
    for (whole k = 0; k < 4; k++, bits >>= 16) {
      whole i = 4 * number + k - first;
      if (0 <= i && i < n) keep[i] = (whole)(bits & 0xffff) < dropped ? 0 : kept;
    }
  }
}
