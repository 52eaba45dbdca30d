/*
 * Trained weights of encoders that others publish: which there are, where they lie, fetching them. `--encoder-weights
 * NAME` of a training goes the same way. Functions may be called from several threads and processes at once.
 *
 * Files lie in $SECANT_WEIGHTS, else in secant/weights of the cache folder ($XDG_CACHE_HOME, else ~/.cache); what
 * Hugging Face's and PyTorch's caches hold already is taken from there.
 */
#ifndef SECANT_WEIGHTS_H
#define SECANT_WEIGHTS_H
#include <secant/base.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct secant_weight {
	const char *encoder, *name; /* "resnet34", "imagenet" */
	const char *repo, *revision; /* of Hugging Face's hub; NULL: `address` is a file's */
	const char *address;
	const char *digits; /* the SHA-256's first, as the file's name has them; NULL: the hub reports it */
	const char *normalize; /* what pictures are normalised with where no config.json lies beside it */
} secant_weight;

SECANT_API const secant_weight *secant_weight_at(int i); /* NULL after the last */
/* An encoder's weights of that name, or its first where `name` is NULL. NULL and err: the names there are. */
SECANT_API const secant_weight *secant_weight_find(const char *encoder, const char *name, secant_err *err);
/* The day and the packages the table was made from. */
SECANT_API const char *secant_weights_published(void);
/* Where the file is fetched from; secant_free. $SECANT_WEIGHTS_FROM takes the place of scheme and host, $HF_ENDPOINT of
 * the hub's. NULL: no memory. */
SECANT_API char *secant_weight_address(const secant_weight *w);
/* Where it lies, or is put; secant_free. NULL and err: there is no folder for it. */
SECANT_API char *secant_weight_path(const secant_weight *w, secant_err *err);
SECANT_API bool secant_weight_is_here(const secant_weight *w);

/* What a fetch tells and asks. */
typedef struct secant_weights_events {
	secant_logger log;
	void (*progress)(void *user, const char *name, int64_t now, int64_t total); /* bytes; total 0: not known. NULL */
	bool (*cancelled)(void *user); /* NULL */
	void *user;
	int tries; /* after a broken connection, each without a new byte; 0: 5 */
	double pause; /* seconds before the second try, then twice as long; 0: 1 */
} secant_weights_events;

/* Fetches weights that are not here, and the config.json beside them; what broke off goes on where it was. A file
 * appears under its name when its size and SHA-256 are what was announced, never before. */
SECANT_API secant_status secant_weight_fetch(
	const secant_weight *w, const secant_weights_events *e, secant_err *err) SECANT_NODISCARD;
/* Compares a file with the sum that its name or its fetch left, and looks whether it can be read: *how (static) says
 * what it was compared with. FORMAT: it is another. */
SECANT_API secant_status secant_weight_verify(
	const secant_weight *w, const char **how, secant_err *err) SECANT_NODISCARD;

#ifdef __cplusplus
}
#endif
#endif
