/*
 * What a network is, as options: the names are segmentation_models.pytorch's with - for _.
 */
#ifndef SECANT_NETWORK_H
#define SECANT_NETWORK_H
#include <secant/options.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct secant_network {
	char *arch, *encoder;
	int in_channels, classes;
	int encoder_depth; /* 0: the architecture's default */
	secant_ints decoder_channels; /* n = 0: 256,128,64,32,16 */
	char *decoder_attention_type; /* NULL or "scse" */
	char *decoder_interpolation;
	char *decoder_use_norm; /* a name or a JSON object */
	char *activation; /* of the segmentation head; NULL: logits */
	char *aux_params; /* JSON object of a classification head; NULL: none */

	/* Networks for clouds: encoder and decoder options above say nothing to them. */
	bool feature_transform; /* pointnet-cls, pointnet-dense: the second T-Net */
	int categories; /* networks that are told the object's category: how many there are */
	double dropout; /* of the head; below 0: the architecture's own */
	double transform_penalty; /* weight of the feature transform's distance from orthogonality in the loss */
	int transform_penalty_form; /* secant_penalty_form */
	int transform_init; /* 0: PyTorch's default, 1: the T-Nets start as the identity */
} secant_network;

/* With D = A AT - I of each cloud: the mean of |D| (pointnet.pytorch), or half the sum of |D|^2 over the batch (the
 * authors' code). */
typedef enum secant_penalty_form { SECANT_PENALTY_NORM, SECANT_PENALTY_SQUARES } secant_penalty_form;

/* What a network takes and gives. */
typedef enum secant_network_kind {
	SECANT_NETWORK_PICTURES, /* N x H x W x C to N x H x W x classes */
	SECANT_NETWORK_POINTS, /* a cloud N x P x 1 x C to a class for each point: N x P x 1 x classes */
	SECANT_NETWORK_CLOUDS /* a cloud to one class: N x classes */
} secant_network_kind;
/* By its architecture; pictures for an unknown one. */
SECANT_API secant_network_kind secant_network_kind_of(const secant_network *net);
/* Channels of the tensor "input": in_channels, and where the network is told the category of the object one more, which
 * holds the number of the category at every point. */
SECANT_API int secant_network_inputs(const secant_network *net);

SECANT_API extern const secant_opts secant_network_options;

#ifdef __cplusplus
}
#endif
#endif
