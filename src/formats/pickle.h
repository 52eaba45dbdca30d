/*
 * A reader of Python pickles, protocols 2 to 5, that builds a tree of plain values and does nothing else: no class is
 * imported, no function is called. What a pickle would call is kept as an object made of the global's row (see
 * pickle_globals.inc) and its arguments. A class that has no row is kept by its name with its state, unless its module
 * is one that no network needs and that can do harm: that is an error.
 */
#ifndef FORMAT_PICKLE_H
#define FORMAT_PICKLE_H
#include <secant/tensor.h>
#include "base/mem.h"

/* What a known global means to the reader of state_dicts. */
typedef enum format_pickle_role {
	FORMAT_PICKLE_OPAQUE, /* harmless and of no interest */
	FORMAT_PICKLE_MAPPING, /* a dictionary */
	FORMAT_PICKLE_SIZE, /* torch.Size: a tuple */
	FORMAT_PICKLE_TENSOR, /* _rebuild_tensor_v2(storage, offset, size, stride, ...), v3 with the dtype as seventh */
	FORMAT_PICKLE_WRAPPED, /* f(tensor, ...) */
	FORMAT_PICKLE_APPLY, /* f(rebuild, type, arguments, state) */
	FORMAT_PICKLE_REFUSED, /* a tensor of a kind that is not read */
	FORMAT_PICKLE_CLASS, /* without a row: its objects keep the state they are given as their only item */
	FORMAT_PICKLE_TYPED /* a storage class or a dtype: the row's dtype */
} format_pickle_role;

typedef struct format_pickle_global {
	const char *name; /* "torch.FloatStorage"; "omegaconf.*" stands for all that starts so */
	format_pickle_role role;
	int dtype; /* of TYPED: a secant_dtype; negative: minus the bytes of an element, of a type that secant has not */
} format_pickle_global;

typedef enum format_pickle_kind {
	FORMAT_PICKLE_NONE,
	FORMAT_PICKLE_BOOL,
	FORMAT_PICKLE_INT,
	FORMAT_PICKLE_BIG,
	FORMAT_PICKLE_REAL,
	FORMAT_PICKLE_STR,
	FORMAT_PICKLE_BYTES,
	FORMAT_PICKLE_TUPLE,
	FORMAT_PICKLE_LIST,
	FORMAT_PICKLE_DICT,
	FORMAT_PICKLE_SET,
	FORMAT_PICKLE_GLOBAL, /* a class or function by name */
	FORMAT_PICKLE_OBJECT, /* what calling a global would have made */
	FORMAT_PICKLE_PERSISTENT /* a persistent id: items holds the one value that it is */
} format_pickle_kind;

typedef struct format_pickle format_pickle;
struct format_pickle {
	format_pickle_kind kind;
	bool seen; /* for walkers: values are shared and may contain themselves */
	union {
		int64_t integer; /* BOOL, INT */
		double real;
		struct {
			const char *p;
			size_t n;
		} text; /* STR, BYTES, BIG (little-endian two's complement): points into the pickle */
		struct {
			format_pickle **v;
			int n, capacity;
		} items; /* TUPLE LIST SET PERSISTENT; DICT and OBJECT: key, value, key, value */
	};
	const format_pickle_global *global; /* GLOBAL, OBJECT */
	format_pickle *arguments; /* OBJECT: what it was made with, or NULL */
};

/* Pickles one after another in memory, which must outlive the values. */
typedef struct format_pickle_reader {
	const uint8_t *data;
	size_t size, at;
	base_arena *arena; /* values live here */
	format_pickle *persistent; /* a list of all persistent ids met; NULL: none */
	const char *unknown; /* the first class without a row; NULL: none */
	bool arrays; /* numpy's arrays were met */
} format_pickle_reader;

/* Reads one pickle and moves `at` behind it. NULL and err on failure: FORMAT with the byte, UNSUPPORTED for a global
 * that can do harm or an opcode that only other pickles need, RANGE for more than 2^22 values, NOMEM. Nothing here or
 * in the values recurses. */
format_pickle *format_pickle_read(format_pickle_reader *r, secant_err *err);

/* The row of a global, NULL where it has none; and whether it belongs to a module of Python that runs things, which no
 * checkpoint has honestly. */
const format_pickle_global *format_pickle_find_global(const char *name);
bool format_pickle_does_harm(const char *name);

bool format_pickle_is_str(const format_pickle *v, const char *text);
/* Whether v is a dictionary or an object that is one. */
bool format_pickle_is_mapping(const format_pickle *v);
/* Item i of a tuple, list or torch.Size; NULL beyond the end or when v (NULL included) is none of these. */
format_pickle *format_pickle_item(const format_pickle *v, int i);
/* The number of these items, -1 when v is none of these. */
int format_pickle_length(const format_pickle *v);
#endif
