/*
 * `atc`, CANN's compiler of offline models, as far as its command line goes: the same flags compile ONNX and MindIR
 * into an offline model of ours under the name .om. Flags that tell one vendor's hardware something are taken, with a
 * warning each, and do nothing.
 */
#ifndef SECANT_ATC_H
#define SECANT_ATC_H
#include <secant/options.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { SECANT_ATC_TOLD = 64 };

typedef struct secant_atc {
	char *model, *weight, *output, *om, *json, *check_report;
	int framework, mode; /* as given: 1 MindSpore, 5 ONNX; -1: not given */
	char *input_shape, *input_shape_range, *input_hint_shape, *input_format;
	char *dynamic_batch_size, *dynamic_image_size, *dynamic_dims;
	char *insert_op_conf, *out_nodes, *output_type, *input_fp16_nodes;
	char *precision_mode, *precision_mode_v2, *singleop;
	int display_model_info;
	char *log;
	char *told[SECANT_ATC_TOLD]; /* what is said to hardware, in the order of the table; NULL: not given */
} secant_atc;
SECANT_API extern const secant_opts secant_atc_options;

/*
 * Does what the flags say. *said (nullable) receives what the command prints on standard output, without the success
 * line; freed with secant_free. Warnings go to the log. Errors: ARG for flags that contradict each other or say nothing
 * sensible; what opening, mapping and writing fail with.
 */
SECANT_API secant_status secant_atc_run(
	const secant_atc *o, char **said, const secant_logger *log, secant_err *err) SECANT_NODISCARD;

#ifdef __cplusplus
}
#endif
#endif
