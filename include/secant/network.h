/*
 * What a network is, as options: the names are segmentation_models.pytorch's with - for _.
 */
#ifndef SECANT_NETWORK_H
#define SECANT_NETWORK_H
#include <secant/info.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct secant_network {
	char *arch, *encoder;
	int in_channels, classes;
	int encoder_depth; /* 0: the architecture's default */
	char *activation; /* of the head; NULL: logits */
	char *aux_params; /* JSON object of a classification head; NULL: none */
	int img_size; /* of pictures, where an encoder is made for one size; 0: what its name says */
	int categories; /* networks that are told the object's category: how many there are */
	char *own; /* the architecture's own options that were given (SECANT_OPT_VARIANT); set them by name */
} secant_network;

/* What it takes and gives, by its architecture; pictures for an unknown one. */
SECANT_API secant_network_kind secant_network_kind_of(const secant_network *net);
/* Channels of the tensor "input": in_channels, and where the network is told the category of the object one more, which
 * holds the number of the category at every point. */
SECANT_API int secant_network_inputs(const secant_network *net);

SECANT_API extern const secant_opts secant_network_options;
/* Options and choices that do not go together: an architecture's option that another has, a depth it cannot use. */
SECANT_API secant_status secant_network_check(const secant_network *net, secant_err *err) SECANT_NODISCARD;
/* Writes the defaults of the architecture's own options into `own`, so that they are said wherever the network goes. */
SECANT_API secant_status secant_network_complete(secant_network *net, secant_err *err) SECANT_NODISCARD;

/* What a network for pictures is, by its graph alone: no weights are made, nothing runs. */
typedef struct secant_network_facts {
	int64_t parameters; /* numbers that are trained */
	double products; /* multiplications with additions for one picture of height x width */
	int height, width; /* what was asked for, or the one side it takes */
	int multiple, least, side; /* sizes it takes: multiples of, at least; side: that one alone, 0: any of these */
} secant_network_facts;
/* Errors: what a build says of names, options and sizes. */
SECANT_API secant_status secant_network_describe(
	const secant_network *net, int height, int width, secant_network_facts *facts, secant_err *err) SECANT_NODISCARD;

#ifdef __cplusplus
}
#endif
#endif
