/*
 * What this build is, and what is registered in it: the kinds of things that have names (operators, encoders, losses,
 * codecs, ...) and their entries, as `secant list` and `secant doc` print them.
 */
#ifndef SECANT_INFO_H
#define SECANT_INFO_H
#include <secant/options.h>

#ifdef __cplusplus
extern "C" {
#endif

/* "oneDNN 2.6.3": the library behind the fast operators, as found at run time. Static, thread-safe. */
SECANT_API const char *secant_backend(void);
/* "avx512": what this process uses, after the cap of SECANT_CPU. Static, thread-safe. */
SECANT_API const char *secant_instruction_set(void);
/* An error when an environment variable that the library reads (SECANT_CPU) holds nonsense; it would be ignored
 * otherwise. */
SECANT_API secant_status secant_check_environment(secant_err *err) SECANT_NODISCARD;

/* One registered thing. All static. */
typedef struct secant_entry {
	const char *name, *brief; /* brief: one line */
	const secant_opts *options; /* settings or attributes; NULL if none */
	char *(*more)(const char *name); /* Markdown where a table of options does not fit, by the name of the entry; caller
										frees with secant_free; NULL if none */
} secant_entry;

/* What a network takes and gives. */
typedef enum secant_network_kind {
	SECANT_NETWORK_PICTURES, /* N x H x W x C to N x H x W x classes */
	SECANT_NETWORK_POINTS, /* a cloud N x P x 1 x C to a class for each point: N x P x 1 x classes */
	SECANT_NETWORK_CLOUDS /* a cloud to one class: N x classes */
} secant_network_kind;

SECANT_API int secant_kind_count(void);
/* "operators" and "Operators"; NULL outside 0 to count - 1. */
SECANT_API const char *secant_kind_name(int kind);
SECANT_API const char *secant_kind_title(int kind);
/* The i-th entry of a kind; its name is NULL after the last one. */
SECANT_API secant_entry secant_kind_entry(int kind, int i);

#ifdef __cplusplus
}
#endif
#endif
