/*
 * Speeds: of a network on random numbers (no files, no pictures), and of the machine, to compare with. Not thread-safe:
 * one measurement at a time uses all the threads it was given.
 */
#ifndef SECANT_BENCH_H
#define SECANT_BENCH_H
#include <secant/model.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A network ready to be timed. */
typedef struct secant_bench secant_bench;

typedef struct secant_bench_info {
	const char *precision; /* what was chosen: "f32"; static */
	double plan_ms; /* making the plan, once a shape */
	double flops; /* of convolutions and products in one run, a multiplication and an addition being two */
	double bytes; /* that these cannot avoid to move: operands read once, results written once; in training also what
					 the optimiser reads and writes */
	int64_t parameters; /* trainable numbers; 0: of a model file that is timed as it is deployed */
	int multiple; /* what height and width must divide by; 1: nothing */
} secant_bench_info;

/* Of a model file, or with NULL of a new network with random weights. With options->train a run is a step of training:
 * forward, backward, AdamW over all parameters. Caller frees; NULL and err on failure. `info` may be NULL. */
SECANT_API secant_bench *secant_bench_new(
	const char *model, const secant_planned *options, secant_bench_info *info, secant_err *err);
SECANT_API secant_status secant_bench_run(secant_bench *b, double *milliseconds, secant_err *err) SECANT_NODISCARD;
SECANT_API void secant_bench_free(secant_bench *b);

/* The largest resident memory of this process so far. */
SECANT_API int64_t secant_peak_bytes(void);

/* What the machine does at best at this moment: products of matrices (size x size) through the same backend that runs
 * convolutions, and copying, every byte counted twice, as it is read and written. */
typedef struct secant_rates {
	double f32_gflops, bf16_gflops; /* bf16: 0 where there is none */
	double copy_gbs;
} secant_rates;

/* `threads` 0: all processors; `size` of the matrices, for instance 2048; `mebibytes` of the block that is copied, well
 * above the caches. */
SECANT_API secant_status secant_rates_measure(
	int threads, int size, int mebibytes, secant_rates *rates, secant_err *err) SECANT_NODISCARD;

/* Draws what inference costs: folder/cost-of-pixels.png, nanoseconds a pixel of square pictures with sides from 128 to
 * `largest`, and folder/cost-of-batch.png, milliseconds a picture in batches of 1 to 16; each in f32, and in bf16 where
 * the CPU has it, with 1 thread and with options->threads. `tick` (nullable) is called after each point; false:
 * CANCELLED. */
SECANT_API secant_status secant_bench_curves(const char *model, const secant_planned *options, int largest,
	const char *folder, bool (*tick)(void *user, int done, int total), void *user, secant_err *err) SECANT_NODISCARD;

#ifdef __cplusplus
}
#endif
#endif
