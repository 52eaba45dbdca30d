/*
 * Weights of encoders that others publish: a table of what there is (table.inc, printed by table.py from the packages'
 * own texts), a cache, and a fetch over HTTP. The public half is secant/weights.h; here is what the training asks.
 */
#ifndef HUB_HUB_H
#define HUB_HUB_H
#include <secant/weights.h>

/* Weights for an encoder, ready to be read. */
typedef struct hub_found {
	char *path; /* owned */
	char *normalize; /* what their pictures were normalised with, as --normalize takes it; owned; NULL: not known */
	bool bgr; /* their first three channels are blue, green, red */
	const secant_weight *weight; /* NULL: a file of the user's */
} hub_found;

/* `what` is a file, a folder with model.safetensors (and the config.json of smp's hub), or a name of the table, which
 * is fetched where it is not here; "none" is none: found->path stays NULL. */
secant_status hub_resolve(hub_found *found, const char *encoder, const char *what, const secant_weights_events *e,
	secant_err *err) SECANT_NODISCARD;
void hub_found_free(hub_found *found);

/* ---- one file over HTTP (fetch.c) ---- */

typedef struct hub_wanted {
	const char *address, *name; /* name: what progress and messages call it */
	const char *sha256; /* 64 digits, or the first of them; NULL: what the server reports, if anything */
	uint64_t most; /* bytes it may have; 0: 16 GiB */
	bool spare; /* that the server has none is no error */
} hub_wanted;

/* Fetches into `path`, atomically; of what is here nothing is lost. sum receives the file's SHA-256, or "" where a
 * spare file is not there. */
secant_status hub_fetch(const hub_wanted *w, const char *path, const secant_weights_events *e, char sum[65],
	secant_err *err) SECANT_NODISCARD;
/* The SHA-256 of a file. */
secant_status hub_file_sum(const char *path, char sum[65], secant_err *err) SECANT_NODISCARD;
bool hub_is_sum(const char *text, size_t n); /* n lower-case hexadecimal digits, at most 64 */
#endif
