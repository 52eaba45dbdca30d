/* How much memory this machine has for one program, so that a size can be weighed before memory is touched. */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H
#include <secant/base.h>
#include <stddef.h>

/*
 * Bytes: SECANT_MEMORY ("4G", "512M") where it is set; else a share of what there is at most: physical memory, the
 * cgroup's limit or ulimit -v, whichever is least. Half for what only runs a model, nearly all for training.
 */
typedef enum base_memory_share { BASE_MEMORY_RUN, BASE_MEMORY_TRAIN } base_memory_share;
size_t base_memory_limit(base_memory_share share);
/* An error that says what wants so much, and how to allow it; SECANT_OK below the limit. */
secant_status base_memory_weigh(
	size_t bytes, base_memory_share share, const char *what, secant_err *err) SECANT_NODISCARD;
#endif
