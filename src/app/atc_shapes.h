/* What atc's flags say of shapes: the grammar alone, known by no network. */
#ifndef APP_ATC_SHAPES_H
#define APP_ATC_SHAPES_H
#include <secant/atc.h>
#include <secant/tensor.h>

enum { APP_ATC_INPUTS = 32, APP_ATC_SETS = 100 };

/* One input: "x:1,3,960,960", "1,3,-1,-1" (no name where there is one input), "x:1~8,3,224,224". */
typedef struct app_atc_input {
	char name[256]; /* "": not given */
	int rank;
	int64_t least[SECANT_MAX_RANK], most[SECANT_MAX_RANK]; /* both -1: dynamic */
} app_atc_input;

/* Sets of numbers that take the place of the -1s: batches, H x W, or all of them in order. */
typedef struct app_atc_sets {
	enum { APP_ATC_STATIC, APP_ATC_BATCH, APP_ATC_IMAGE, APP_ATC_DIMS } kind;
	int n, width; /* width numbers each */
	int64_t v[APP_ATC_SETS][SECANT_MAX_RANK * 2];
} app_atc_sets;

secant_status app_atc_read_inputs(app_atc_input *in, int *n, const char *text, secant_err *err) SECANT_NODISCARD;
/* From the one of the three dynamic flags that is given; refuses two, and what does not fit the inputs' -1s. */
secant_status app_atc_read_sets(
	app_atc_sets *s, const secant_atc *o, const app_atc_input *in, int n, secant_err *err) SECANT_NODISCARD;
/* The shape that input k has with set i (of static models 0). */
secant_shape app_atc_shape(const app_atc_sets *s, int i, const app_atc_input *in, int k);
#endif
