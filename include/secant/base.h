/*
 * The base every part of secant shares: status codes, the error record, version, log and progress callbacks.
 *
 * A function that can fail returns secant_status (0 or negative) and takes a nullable secant_err last. The first error
 * wins: a record that already holds one is left alone, so that a chain of calls reports its cause and not its
 * consequences. The library never prints, never exits and never aborts on bad input.
 */
#ifndef SECANT_BASE_H
#define SECANT_BASE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define SECANT_API __attribute__((visibility("default")))
#define SECANT_NODISCARD __attribute__((warn_unused_result))
#define SECANT_PRINTF(f, a) __attribute__((format(printf, f, a)))
#else
#define SECANT_API
#define SECANT_NODISCARD
#define SECANT_PRINTF(f, a)
#endif

typedef enum secant_status {
	SECANT_OK = 0,
	SECANT_ERR_NOMEM = -1, /* an allocation failed */
	SECANT_ERR_ARG = -2, /* a wrong argument or option */
	SECANT_ERR_SHAPE = -3, /* sizes that do not fit together */
	SECANT_ERR_FORMAT = -4, /* the contents of a file are not what they should be */
	SECANT_ERR_IO = -5, /* the operating system refused: missing file, full disk, no permission */
	SECANT_ERR_UNSUPPORTED = -6, /* well-formed, but not something secant does */
	SECANT_ERR_RANGE = -7, /* a number outside its limits */
	SECANT_ERR_CANCELLED = -8, /* a callback asked to stop */
	SECANT_ERR_BUG = -9, /* secant contradicts itself: please report */
	SECANT_ERR_DEADLINE = -10 /* a run was not done within the time it was given */
} secant_status;

/* The first error of a chain of calls. Lives on the caller's stack, starts zeroed: `secant_err err = { 0 };`. */
typedef struct secant_err {
	secant_status code;
	char msg[500]; /* what is wrong, where, what was expected; one line, no full stop */
} secant_err;

/* Records an error unless one is there already, and returns `code`. `err` may be NULL. */
SECANT_API secant_status secant_fail(secant_err *err, secant_status code, const char *fmt, ...) SECANT_PRINTF(3, 4);
/* Puts "prefix: " before the message, for callers that know the file or the node; returns err's code, or SECANT_OK
 * without error. */
SECANT_API secant_status secant_err_prefix(secant_err *err, const char *fmt, ...) SECANT_PRINTF(2, 3);

/* Seconds of a clock that only goes forward, for measuring. Thread-safe. */
SECANT_API double secant_seconds(void);

/* "0.1.0". Static. */
SECANT_API const char *secant_version(void);

typedef enum secant_level { SECANT_LOG_ERROR, SECANT_LOG_WARNING, SECANT_LOG_INFO, SECANT_LOG_DEBUG } secant_level;

/* Where the library's remarks go. Copied by value into what uses it; a NULL `log` drops them. Called from the thread
 * that called the library, never from two at once for one object. */
typedef struct secant_logger {
	void (*log)(void *user, secant_level level, const char *line);
	void *user;
} secant_logger;

SECANT_API void secant_log(const secant_logger *logger, secant_level level, const char *fmt, ...) SECANT_PRINTF(3, 4);

#ifdef __cplusplus
}
#endif
#endif
