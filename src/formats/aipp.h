/*
 * AIPP: how the preparation of pictures is written down for compilers of offline models. Text of protocol buffers,
 *
 *     aipp_op { aipp_mode: static input_format: RGB888_U8 rbuv_swap_switch: true min_chn_0: 127.5 }    # one or more
 *
 * with one block for each input (`related_input_rank`). Only the text: deploy/preparation.h makes operators of it.
 * Fields, ranges and their order are those of the public documentation of CANN (ATC, AIPP configuration).
 */
#ifndef FORMAT_AIPP_H
#define FORMAT_AIPP_H
#include <secant/base.h>

typedef enum format_aipp_kind { /* of the picture that comes in */
	FORMAT_AIPP_NONE,
	FORMAT_AIPP_YUV420SP, /* a plane Y, then a plane of UV pairs, each half as wide and high (NV12; swapped: NV21) */
	FORMAT_AIPP_XRGB8888,
	FORMAT_AIPP_RGB888,
	FORMAT_AIPP_YUV400 /* grey */
} format_aipp_kind;

enum { FORMAT_AIPP_BLOCKS = 16 };

typedef struct format_aipp {
	int dynamic; /* parameters come with every picture; 0: they are these */
	int format; /* format_aipp_kind */
	int64_t related_input_rank, input_edge_idx, max_src_image_size;
	int src_w, src_h; /* 0: the size of the model's input */
	bool crop;
	int crop_left, crop_top, crop_w, crop_h; /* size 0: that of the model's input */
	bool swap; /* R and B, or U and V */
	bool swap_first; /* the last of four channels becomes the first */
	bool single_line; /* says how a device reads, changes nothing */
	bool convert; /* by the matrix */
	int matrix[9], input_bias[3], output_bias[3];
	int mean[4];
	double min[4], factor[4];
	bool pad;
	int pad_left, pad_right, pad_top, pad_bottom;
	double pad_value;
} format_aipp;

/* Reads the blocks of `text` (size bytes) into blocks[FORMAT_AIPP_BLOCKS]; *n says how many. Errors name the line.
 * Refused: fields that do not exist or stand twice, values outside their range, a window outside the picture, odd sizes
 * of YUV420SP, and what the format reserves (resize). */
secant_status format_aipp_parse(
	format_aipp *blocks, int *n, const char *text, size_t size, secant_err *err) SECANT_NODISCARD;
/* The same from a file. */
secant_status format_aipp_read(format_aipp *blocks, int *n, const char *path, secant_err *err) SECANT_NODISCARD;
/* The parameters of a dynamic block as CANN's runtime hands them to a model (its page "parameters of dynamic AIPP"): 64
 * bytes, and 96 for each picture of a batch, low byte first. They become a static block. Refused: what a static one is
 * refused for, resizing and turning, a border of anything but zeros, parameters that differ within the batch. */
size_t format_aipp_parameters_size(int64_t batch);
secant_status format_aipp_of_parameters(
	format_aipp *a, const void *bytes, size_t size, int64_t batch, secant_err *err) SECANT_NODISCARD;
/* "YUV420SP_U8", ...; NULL where there is none. */
const char *format_aipp_name(int format);
#endif
