/*
 * A reader of Python pickles, protocols 2 to 5, that builds a tree of plain values and does nothing else: no class is
 * imported, no function is called. What a pickle would call is kept as an object made of the global's row (see
 * pickle_globals.inc) and its arguments; a global that has no row is an error.
 */
#ifndef SECANT_FORMATS_PICKLE_H
#define SECANT_FORMATS_PICKLE_H
#include <secant/tensor.h>
#include "base/mem.h"

/* What a known global means to the reader of state_dicts. */
typedef enum secant_pickle_role {
	SECANT_PICKLE_OPAQUE, /* harmless and of no interest */
	SECANT_PICKLE_MAPPING, /* a dictionary */
	SECANT_PICKLE_SIZE, /* torch.Size: a tuple */
	SECANT_PICKLE_TENSOR, /* _rebuild_tensor_v2(storage, offset, size, stride, ...), v3 with the dtype as seventh */
	SECANT_PICKLE_WRAPPED, /* f(tensor, ...) */
	SECANT_PICKLE_APPLY, /* f(rebuild, type, arguments, state) */
	SECANT_PICKLE_REFUSED, /* a tensor of a kind that is not read */
	SECANT_PICKLE_TYPED /* a storage class or a dtype: the row's dtype */
} secant_pickle_role;

typedef struct secant_pickle_global {
	const char *name; /* "torch.FloatStorage"; "omegaconf.*" stands for all that starts so */
	secant_pickle_role role;
	int dtype; /* of TYPED: a secant_dtype; negative: minus the bytes of an element, of a type that secant has not */
} secant_pickle_global;

typedef enum secant_pickle_kind {
	SECANT_PICKLE_NONE,
	SECANT_PICKLE_BOOL,
	SECANT_PICKLE_INT,
	SECANT_PICKLE_BIG,
	SECANT_PICKLE_REAL,
	SECANT_PICKLE_STR,
	SECANT_PICKLE_BYTES,
	SECANT_PICKLE_TUPLE,
	SECANT_PICKLE_LIST,
	SECANT_PICKLE_DICT,
	SECANT_PICKLE_SET,
	SECANT_PICKLE_GLOBAL, /* a class or function by name */
	SECANT_PICKLE_OBJECT, /* what calling a global would have made */
	SECANT_PICKLE_PERSISTENT /* a persistent id: items holds the one value that it is */
} secant_pickle_kind;

typedef struct secant_pickle secant_pickle;
struct secant_pickle {
	secant_pickle_kind kind;
	bool seen; /* for walkers: values are shared and may contain themselves */
	union {
		int64_t integer; /* BOOL, INT */
		double real;
		struct {
			const char *p;
			size_t n;
		} text; /* STR, BYTES, BIG (little-endian two's complement): points into the pickle */
		struct {
			secant_pickle **v;
			int n, capacity;
		} items; /* TUPLE LIST SET PERSISTENT; DICT and OBJECT: key, value, key, value */
	};
	const secant_pickle_global *global; /* GLOBAL, OBJECT */
	secant_pickle *arguments; /* OBJECT: what it was made with, or NULL */
};

/* Pickles one after another in memory, which must outlive the values. */
typedef struct secant_pickle_reader {
	const uint8_t *data;
	size_t size, at;
	secant_arena *arena; /* values live here */
	secant_pickle *persistent; /* a list of all persistent ids met; NULL: none */
} secant_pickle_reader;

/* Reads one pickle and moves `at` behind it. NULL and err on failure: FORMAT with the byte, UNSUPPORTED for a global
 * without a row or an opcode that only other pickles need, RANGE for more than 2^22 values, NOMEM. Nothing here or in
 * the values recurses. */
secant_pickle *secant_pickle_read(secant_pickle_reader *r, secant_err *err);

bool secant_pickle_is_str(const secant_pickle *v, const char *text);
/* Whether v is a dictionary or an object that is one. */
bool secant_pickle_is_mapping(const secant_pickle *v);
/* Item i of a tuple, list or torch.Size; NULL beyond the end or when v (NULL included) is none of these. */
secant_pickle *secant_pickle_item(const secant_pickle *v, int i);
/* The number of these items, -1 when v is none of these. */
int secant_pickle_length(const secant_pickle *v);
#endif
