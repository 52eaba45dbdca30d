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
	int encoder_depth;                           /* 0: the architecture's default */
	secant_ints decoder_channels;                /* n = 0: 256,128,64,32,16 */
	char *decoder_attention_type;                /* NULL or "scse" */
	char *decoder_interpolation;
	char *decoder_use_norm;                      /* a name or a JSON object */
	char *activation;                            /* of the segmentation head; NULL: logits */
	char *aux_params;                            /* JSON object of a classification head; NULL: none */
} secant_network;

SECANT_API extern const secant_opts secant_network_options;

#ifdef __cplusplus
}
#endif
#endif
