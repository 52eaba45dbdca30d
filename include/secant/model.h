/*
 * Work on model files: from and to PyTorch's weights, raw tensors through a network, what a file is, plans. Functions
 * may be called from several threads at once, on different files.
 */
#ifndef SECANT_MODEL_H
#define SECANT_MODEL_H
#include <secant/network.h>
#include <secant/samples.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- weights in and out ---- */

typedef struct secant_import {
	secant_network network;
	char *mode; /* binary, multiclass, multilabel; NULL: by the classes */
	char *normalize; /* NULL: what an ONNX file of ours says, else imagenet */
	char *white; /* of pictures with more than 8 bits, as in secant_normalize; NULL: nobody knows */
	char *class_names; /* "sky,road,car"; NULL: none */
	char *output; /* of an ONNX file: the output with the scores; NULL: the first that may be */
	int bgr; /* 1: the network wants blue, green, red; 0: red, green, blue; 2: as its kind usually does */
	secant_ints size; /* of an ONNX file: H x W that pictures are scaled to; n 0: as the file says */
} secant_import;
SECANT_API extern const secant_opts secant_import_options;

/* Makes a model file of a PyTorch state_dict: .pth, .safetensors, or a folder with model.safetensors and config.json
 * (smp's save_pretrained), which then describes the network where options have their defaults. Every key must fit:
 * wrong shapes, missing and surplus keys are one error that names three of them and the nearest network by names and
 * shapes. A name that stands before all others, a wrapper's, is taken off. What was taken so goes to `log`, which may
 * be NULL. */
SECANT_API secant_status secant_model_import(const char *weights, const secant_import *options, const char *out,
	const secant_logger *log, secant_err *err) SECANT_NODISCARD;
/* The same of an ONNX file, whose network the model keeps: of the network options only `activation` counts. *said
 * (nullable; secant_free) receives what was taken where the file does not tell, a line each. */
SECANT_API secant_status secant_model_import_onnx(
	const char *network, const secant_import *options, const char *out, char **said, secant_err *err) SECANT_NODISCARD;
SECANT_API bool secant_is_onnx_file(const char *path); /* by its first bytes */
/* How a model is written as ONNX. */
typedef struct secant_export {
	int opset; /* 13 to 21 */
	secant_ints size; /* H x W of the pictures; with `dynamic` only an example */
	bool dynamic; /* any batch, height and width */
	bool half; /* weights and arithmetic in float16, inputs and outputs in float32 */
	bool with_preprocessing; /* pictures come as uint8, normalisation is in the network */
	bool with_activation; /* probabilities come out: sigmoid, or softmax over the classes */
	int rgb; /* of those and of .ckpt: 0 for blue, green, red as the zoo has it, 1 for red, green, blue */
	int width, height, batch; /* not 0: as MindSpore's zoo exports, see secant_model_export_classified */
} secant_export;
SECANT_API extern const secant_opts secant_export_options;
/* Writes the network of a model file as ONNX: input `input` N,C,H,W, output `logits`, and `label` of a classification
 * head; batch norms stay norms, initialisers have the names of the state_dict; metadata carries what the model
 * remembers. What ONNX cannot say is one error that names all such nodes. */
SECANT_API secant_status secant_model_export_onnx(
	const char *model, const char *out, const secant_export *options, secant_err *err) SECANT_NODISCARD;
/* Writes the network as MindSpore's model zoo does, .mindir or .onnx: input `x` batch,C,height,width, outputs softmax
 * (batch,height,width,C) and argmax (batch,height,width; int32). A unet_medical gives 184 fewer pixels each way than it
 * takes, as the zoo's does. Only classes that exclude each other. .air is refused: nothing could prove such a file. */
SECANT_API secant_status secant_model_export_classified(
	const char *model, const char *out, const secant_export *options, secant_err *err) SECANT_NODISCARD;
/* Writes the weights as MindSpore's checkpoint; of its own U-Nets the colours' order is its own too (options->rgb). */
SECANT_API secant_status secant_model_export_ckpt(
	const char *model, const char *out, const secant_export *options, secant_err *err) SECANT_NODISCARD;
/* Writes the weights of a model file as a plain state_dict; the extension decides: .safetensors, .pth .pt .bin, .ckpt.
 * A name that ends in / or has no extension is a folder as smp.from_pretrained loads it: config.json and
 * model.safetensors. */
SECANT_API secant_status secant_model_export(const char *model, const char *out, secant_err *err) SECANT_NODISCARD;

/* ---- raw tensors ---- */

typedef struct secant_run {
	char *precision;
	int threads;
	bool allow_reference;
	char *loss; /* "0.5*dice+0.5*bce"; NULL: none */
	bool gradients;
	char *mode; /* of the loss; NULL: 1 class binary, target N,C,H,W multilabel, target N,H,W multiclass */
} secant_run;
SECANT_API extern const secant_opts secant_run_options;

/*
 * Tensors in, tensors out, in PyTorch's shapes. Reads `input` (N,C,H,W) of any dtype and writes `logits` (N,C,H,W), and
 * `label` where the network has a classification head. A network of clouds reads `input` (N,C,P) and, where it is told
 * the category of an object, `category` (N numbers from 0), and writes `logits` (N,classes,P, or N,classes of whole
 * clouds), before any softmax unless the network has an activation. With a loss it also reads `target` (binary N,1,H,W
 * or N,H,W; multiclass N,H,W; multilabel N,C,H,W; clouds N,P or N) and, where it is there, `label_target`, whose mean
 * binary cross entropy is added; it writes `loss`, in evaluation. With gradients it runs one pass in training mode
 * without dropout instead, and writes `grad:NAME` of every parameter (zero for one that takes no part) and the new
 * running statistics under their names. Numbers are float64 with precision f64, else float32.
 * A model of ONNX reads tensors by the names of its inputs (a single one may be called `input`) and writes its outputs
 * by theirs, in the file's own axis order and types.
 */
SECANT_API secant_status secant_model_run(
	const char *model, const char *in, const char *out, const secant_run *options, secant_err *err) SECANT_NODISCARD;

/* ---- quantising ---- */

/* How a network is quantised; secant_opts_init(&secant_quantize_options, ...). */
typedef struct secant_quantize {
	int images; /* pictures that go through it */
	char *split; /* of a data set */
	secant_ints size; /* that pictures are scaled to; n = 0: the network's, or their own */
	int method; /* minmax, percentile, mse, entropy: how far scales reach */
	char *keep_float; /* layers that stay in real numbers: patterns between commas; NULL: none */
	double target_loss; /* IoU that may be lost; without labels the share of pixels that may change their class */
	int threads;
	secant_data_options data;
} secant_quantize;
SECANT_API extern const secant_opts secant_quantize_options;

/*
 * Writes the network of a model file or an ONNX file with weights and activations of 8 bits, as ONNX (QDQ) or, where
 * the name does not end in .onnx, as a model file of it. Scales come from pictures of `data`; where more is lost than
 * options->target_loss, layers stay in real numbers, those that harm most first. `said`, nullable,
 * receives what was done, lines of text: secant_free.
 */
SECANT_API secant_status secant_model_quantize(const char *model, const char *data, const char *out,
	const secant_quantize *options, const secant_logger *log, char **said, secant_err *err) SECANT_NODISCARD;

/* ---- compiling ---- */

/* How a model is compiled; secant_opts_init(&secant_compile_options, ...). */
typedef struct secant_compile {
	char *size; /* "512x512,1024x1024": pictures it is for; NULL: any (as dynamic) */
	bool dynamic; /* any size and batch */
	bool packed; /* weights also in the layouts that this machine computes in, for the sizes */
	secant_ints batch; /* pictures at once */
	char *precision; /* auto (the machine's that runs it), f32, bf16 */
	double threshold; /* of one class, and of classes that do not exclude each other */
	char *preprocess; /* JSON file: how pictures are prepared; NULL: as predict does */
	char *aipp; /* the same as text of AIPP; NULL: none */
} secant_compile;
SECANT_API extern const secant_opts secant_compile_options;

/*
 * One file that is opened and run at once: norms folded, layers fused, preparation of pictures and decisions in the
 * graph, class names, colours and where it comes from inside, every section with its sum. Where a model file is taken
 * (predict, eval, run, info, explain, bench) it is one; secant_engine_open gives it the input "picture" (bytes) and the
 * outputs "probabilities", "classes" and "mask". `said`, nullable, receives what was done, lines of text: secant_free.
 * The file is written atomically; its name ends in .secant.
 */
SECANT_API secant_status secant_model_compile(
	const char *model, const char *out, const secant_compile *options, char **said, secant_err *err) SECANT_NODISCARD;

/* ---- what is it? ---- */

/* What a file or folder is: model, run, picture, cloud, tensors, data set; as text of several lines or as a JSON
 * object. Caller frees with secant_free; NULL and err on failure. */
SECANT_API char *secant_describe(const char *path, bool json, secant_err *err);

/* ---- plans ---- */

/* Which plan: of a model file, or of a new network with random weights. */
typedef struct secant_planned {
	secant_network network; /* without a model file */
	secant_ints size; /* H x W */
	int points; /* of a cloud */
	int batch;
	char *precision;
	int threads;
	bool allow_reference;
	bool train; /* forward and backward with a loss, instead of evaluation; bench.h adds the optimiser */
	int recompute; /* auto, none, norms, all: what is computed again for gradients instead of kept */
	char *loss; /* NULL: 0.5*dice+0.5*bce, of classes that exclude each other 0.5*dice+0.5*ce */
} secant_planned;
SECANT_API extern const secant_opts secant_planned_options;

/* The plan, a line a step: operator, implementation, shapes, memory, work; with `timed` also the time of every step (in
 * the third of three runs on random numbers), GFLOP/s and GB/s. Text or JSON; caller frees with secant_free; NULL and
 * err on failure. `model` NULL: a new network. */
SECANT_API char *secant_model_explain(
	const char *model, const secant_planned *options, bool timed, bool json, secant_err *err);

#ifdef __cplusplus
}
#endif
#endif
