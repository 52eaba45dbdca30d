/*
 * Files that people bring as weights and that are none we read: named by their first bytes, or by what their name ends
 * in, with what makes weights of them.
 */
#include "formats/format.h"
#include <string.h>

typedef struct foreign {
	const char *magic; /* NULL: by extension alone */
	size_t at, size; /* where the magic stands */
	const char *extensions, *is;
} foreign;

#define MAGIC(at, text) text, at, sizeof(text) - 1

static const foreign foreigners[] = {
	{ MAGIC(0, "IMOD"), NULL,
		"is an offline model of CANN for one chip; compile the .onnx or .mindir it was made of (secant atc)" },
	{ MAGIC(0, "version https://git-lfs"), NULL,
		"is a pointer of Git LFS, not the file itself: `git lfs pull` fetches it" },
	{ MAGIC(0, "<!DOCTYPE html"), NULL, "is a web page: the download did not bring the file" },
	{ MAGIC(0, "<!doctype html"), NULL, "is a web page: the download did not bring the file" },
	{ MAGIC(0, "<html"), NULL, "is a web page: the download did not bring the file" },
	{ MAGIC(0, "\x89HDF\r\n"), "h5|hdf5",
		"is HDF5, weights of Keras or TensorFlow: export the network as ONNX (tf2onnx), which is read" },
	{ MAGIC(4, "TFL3"), "tflite",
		"is a network of TensorFlow Lite: export it as ONNX (tf2onnx --tflite), which is read" },
	{ MAGIC(0, "GGUF"), "gguf", "is GGUF, weights of language models: no network here has them" },
	{ MAGIC(0, "ftrt"), "engine|plan|trt", "is a compiled network of TensorRT: bring the ONNX it was made of" },
	{ MAGIC(0, "\x1f\x8b"), "gz|tgz", "is packed by gzip: unpack it first (gunzip)" },
	{ MAGIC(0, "BZh"), "bz2", "is packed by bzip2: unpack it first" },
	{ MAGIC(0,
		  "\xfd"
		  "7zXZ"),
		"xz", "is packed by xz: unpack it first" },
	{ MAGIC(0, "\x28\xb5\x2f\xfd"), "zst", "is packed by zstd: unpack it first" },
	{ MAGIC(0, "7z\xbc\xaf"), "7z", "is a 7z archive: unpack it first" },
	{ MAGIC(257, "ustar"), "tar", "is a tar archive: unpack it first (tar xf)" },
	{ NULL, 0, 0, "keras", "is a network of Keras: export it as ONNX (tf2onnx), which is read" },
	{ NULL, 0, 0, "pb|pbtxt|index|data-00000-of-00001|meta",
		"is a file of TensorFlow: export the network as ONNX (tf2onnx), which is read" },
	{ NULL, 0, 0, "msgpack|flax", "is a file of Flax: save its arrays with safetensors.flax.save_file, which is read" },
	{ NULL, 0, 0, "caffemodel|prototxt", "is a network of Caffe: convert it to ONNX, which is read" },
	{ NULL, 0, 0, "pdparams|pdopt|pdmodel|pdiparams",
		"is a file of PaddlePaddle: paddle2onnx makes ONNX, which is read" },
	{ NULL, 0, 0, "params|rec", "is a file of MXNet: export the network as ONNX, which is read" },
	{ NULL, 0, 0, "mlmodel|mlpackage|mlmodelc",
		"is a network of Core ML: bring the PyTorch weights or ONNX it was made of" },
	{ NULL, 0, 0, "xml", "is a network of OpenVINO: bring the ONNX or weights it was made of" },
	{ NULL, 0, 0, "weights|cfg", "is a file of darknet, whose networks are none of secant's" },
	{ NULL, 0, 0, "pkl|pickle", "is a pickle: torch.save of a state_dict, or numpy.savez of its arrays, is read" },
};

const char *
format_foreign(const uint8_t *data, size_t size, const char *name)
{
	for (size_t i = 0; i < sizeof foreigners / sizeof *foreigners; i++) {
		const foreign *f = &foreigners[i];
		if (f->magic && size >= f->at + f->size && !memcmp(data + f->at, f->magic, f->size))
			return f->is;
	}
	for (size_t i = 0; i < sizeof foreigners / sizeof *foreigners; i++)
		if (foreigners[i].extensions && base_ext_is(name, foreigners[i].extensions))
			return foreigners[i].is;
	return NULL;
}
