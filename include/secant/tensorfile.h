/*
 * Files of named tensors: safetensors, PyTorch state_dicts (.pth), MindSpore checkpoints (.ckpt), numpy arrays (.npy).
 * Networks are not known here: a set of tensors in, a set of tensors out. All functions may be called from several
 * threads at once.
 */
#ifndef SECANT_TENSORFILE_H
#define SECANT_TENSORFILE_H
#include <secant/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Reads every tensor of a file, in the order of the file; the format is found by content, never by name:
 *   safetensors   tensors borrow from the mapped file where they are aligned; freed with the set
 *   PyTorch       torch.save's zip container and the stream before PyTorch 1.6. Nothing in the file is run. The
 *                 state_dict is found
 *                 inside a checkpoint (keys state_dict, model_state_dict, model, ..., else the dictionary with most
 *                 tensors); the
 *                 prefixes of secant_tensors_unwrap are taken off; views are made dense
 *   numpy         .npy: one tensor named "array"
 *   MindSpore     .ckpt of save_checkpoint, plain ones: encrypted ones are refused by name
 * *set must be zeroed or freed; on failure it is empty. *metadata_json (nullable) receives a JSON object of strings,
 * or NULL where the file has none (of PyTorch's "secant.remark", where two dictionaries could be the network); the
 * caller frees it with secant_free. Errors name the path: IO, FORMAT (with the
 * byte or the tensor's name), UNSUPPORTED (a dtype, a rank above 6, an object that is not a tensor), NOMEM.
 */
SECANT_API secant_status secant_tensors_read(
	secant_tensors *set, char **metadata_json, const char *path, secant_err *err) SECANT_NODISCARD;

/* The same from memory, which may be freed afterwards: everything is copied. `origin` names it in messages. */
SECANT_API secant_status secant_tensors_decode(secant_tensors *set, char **metadata_json, const void *data, size_t size,
	const char *origin, secant_err *err) SECANT_NODISCARD;

/*
 * Writes a set, atomically; the format follows from the extension: .safetensors, .pth .pt .bin (a state_dict that
 * torch.load(weights_only=True) reads), .ckpt (that mindspore.load_checkpoint reads), .npy (exactly one tensor). The
 * same set gives the same bytes. metadata_json: NULL or a JSON object whose values are strings; only safetensors has a
 * place for it, elsewhere it is dropped.
 */
SECANT_API secant_status secant_tensors_write(
	const secant_tensors *set, const char *metadata_json, const char *path, secant_err *err) SECANT_NODISCARD;

/* Takes the names that wrappers leave off a state_dict: `_orig_mod.` (torch.compile) and the names of wrapped modules
 * (FSDP, activation checkpointing) wherever they stand, and `module.` (DataParallel, AveragedModel) where every name
 * has it, with AveragedModel's `n_averaged`. Fails when two names become one, or on NOMEM; the set is whole then, but
 * some names may be changed. */
SECANT_API secant_status secant_tensors_unwrap(secant_tensors *set, secant_err *err) SECANT_NODISCARD;

/* The formats, for listings: name, one line, extensions "pth|pt|bin"; all static, any may be NULL. False after the
 * last. */
SECANT_API bool secant_tensorfile_format(int i, const char **name, const char **brief, const char **extensions);

#ifdef __cplusplus
}
#endif
#endif
