/*
 * PyTorch files: state_dicts and checkpoints out of both containers, what the pickle reader refuses, and what is
 * written. The pickles are written out by hand here; files by PyTorch itself are tested in tests/peers/test_weights.py.
 */
#include "files.h"
#include "formats/pickle.h"
#include "base/zip_write.h"
#include <zip.h>

/* Pieces of pickles. Literals are joined, so that escapes end where a piece ends. */
#define PROTO "\x80\x02"
#define STR1(c) "X\1\0\0\0" c
#define STORAGE(class, key, n) "(X\7\0\0\0storagec" class "\nX\1\0\0\0" key "X\3\0\0\0cpuK" n "tQ"
#define FLOATS(key, n) STORAGE("torch\nFloatStorage", key, n)
#define DICT "ccollections\nOrderedDict\n)R"
#define TENSOR(storage, offset, size, stride) \
	"ctorch._utils\n_rebuild_tensor_v2\n(" storage "K" offset size stride "\x89" DICT "tR"
#define SIX TENSOR(FLOATS("0", "\6"), "\0", "K\2K\3\x86", "K\3K\1\x86")
#define BYTES(text) (text), sizeof(text) - 1

static const float numbers[6] = { 1, 2, 3, 4, 5, 6 };

typedef struct blob {
	uint8_t *p;
	size_t n;
} blob;

/* The container since 1.6 with the given pickle and six floats as storages 0 and 1. */
static blob
archive(const char *pickle, size_t n, const char *order)
{
	char *dir = scratch_dir(), path[512];
	blob b;
	snprintf(path, sizeof path, "%s/a.pth", dir);
	base_zip_writer z = { .w = base_writer_open(path, NULL) };
	base_zip_add(&z, "x/data.pkl", pickle, n);
	if (order)
		base_zip_add(&z, "x/byteorder", order, strlen(order));
	base_zip_add(&z, "x/data/0", numbers, sizeof numbers);
	base_zip_add(&z, "x/data/1", numbers, sizeof numbers);
	assert_int_equal(base_zip_end(&z, NULL), 0);
	assert_int_equal(base_writer_commit(z.w, NULL), 0);
	b.p = slurp(path, &b.n);
	assert_int_equal(base_remove_tree(dir, NULL), 0);
	return b;
}

#define MAGIC "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."
#define PREFACE MAGIC PROTO "M\xe9\x03." PROTO "}(X\15\0\0\0little_endian\x88u."

/* The stream before 1.6 with the given pickle and six floats as storage 0. */
static blob
stream(const char *pickle, size_t n)
{
	static const char keys[] = PROTO "](" STR1("0") "e.";
	blob b = { malloc(4096), 0 };
	memcpy(b.p, PREFACE, b.n = sizeof PREFACE - 1);
	memcpy(b.p + b.n, pickle, n);
	b.n += n;
	memcpy(b.p + b.n, keys, sizeof keys - 1);
	b.n += sizeof keys - 1;
	base_put_le(b.p + b.n, 6, 8);
	memcpy(b.p + b.n + 8, numbers, sizeof numbers);
	b.n += 8 + sizeof numbers;
	return b;
}

static void
archive_gives(const char *pickle, size_t n, secant_tensors *set)
{
	blob b = archive(pickle, n, NULL);
	decodes(set, b.p, b.n);
	free(b.p);
}

static void
archive_fails(const char *pickle, size_t n, secant_status code, const char *message)
{
	blob b = archive(pickle, n, NULL);
	refuses(b.p, b.n, code, message);
	free(b.p);
}

static void
assert_numbers(const secant_tensor *t, int n, const double *expected)
{
	assert_int_equal(secant_shape_count(&t->shape), n);
	for (int i = 0; i < n; i++)
		assert_float_equal(secant_tensor_get(t, i), expected[i], 0);
}

static void
test_both_containers(void **state)
{
	static const char pickle[] = PROTO DICT "(" STR1("w") SIX "u.";
	blob both[2] = { archive(pickle, sizeof pickle - 1, "little"), stream(pickle, sizeof pickle - 1) };
	for (int i = 0; i < 2; i++) {
		secant_tensors set;
		decodes(&set, both[i].p, both[i].n);
		assert_int_equal(set.n, 1);
		assert_string_equal(set.v[0].name, "w");
		assert_int_equal(set.v[0].tensor.shape.rank, 2);
		assert_int_equal(set.v[0].tensor.shape.dim[0], 2);
		assert_numbers(&set.v[0].tensor, 6, (double[]){ 1, 2, 3, 4, 5, 6 });
		secant_tensors_free(&set);
		refuses_all_cuts(both[i].p, both[i].n);
		survives_all_changes(both[i].p, both[i].n);
		survives_lack_of_memory(both[i].p, both[i].n);
		free(both[i].p);
	}
}

static void
test_views_are_made_dense(void **state)
{
	secant_tensors set;
	archive_gives(
		BYTES(PROTO "}(" STR1("t") TENSOR(FLOATS("0", "\6"), "\0", "K\3K\2\x86", "K\1K\3\x86") /* transposed */
			STR1("p") TENSOR(FLOATS("0", "\6"), "\1", "K\2\x85", "K\3\x85") /* a column */
			STR1("e") TENSOR(FLOATS("0", "\6"), "\5", "K\2K\2\x86", "K\0K\0\x86") /* expanded */
			STR1("s") TENSOR(FLOATS("0", "\6"), "\3", ")", ")") /* a scalar */
			STR1("0") TENSOR(FLOATS("1", "\6"), "\0", "K\0K\3\x86", "K\3K\1\x86") /* nothing */
			STR1("1") TENSOR(FLOATS("1", "\6"), "\2", "K\1K\1\x86",
				"J\377\377\377\177\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f\x86") "u."),
		&set);
	assert_int_equal(set.n, 6);
	assert_numbers(&set.v[0].tensor, 6, (double[]){ 1, 4, 2, 5, 3, 6 });
	assert_numbers(&set.v[1].tensor, 2, (double[]){ 2, 5 });
	assert_numbers(&set.v[2].tensor, 4, (double[]){ 6, 6, 6, 6 });
	assert_numbers(&set.v[3].tensor, 1, (double[]){ 4 });
	assert_numbers(&set.v[4].tensor, 0, NULL);
	assert_numbers(&set.v[5].tensor, 1, (double[]){ 3 });
	secant_tensors_free(&set);
}

static void
test_checkpoints_are_searched(void **state)
{
	secant_tensors set;
	/* a known name beats a larger dictionary; a name that leads to no tensors does not count */
	archive_gives(BYTES(PROTO "}(X\3\0\0\0bigX\1\0\0\0xX\5\0\0\0model}(" STR1("w") SIX
					  "uX\12\0\0\0state_dict}X\5\0\0\0other}(" STR1("a") SIX STR1("b") SIX "uu."),
		&set);
	assert_int_equal(set.n, 1);
	assert_string_equal(set.v[0].name, "w");
	secant_tensors_free(&set);
	/* without one the largest wins, wherever it lies; what is no tensor is passed over */
	archive_gives(BYTES(PROTO "](}(" STR1("a") SIX "u}(" STR1("i") "}(" STR1("b") SIX STR1("n") "N" STR1("c") SIX
					  "K\1" SIX "uue."),
		&set);
	assert_int_equal(set.n, 2);
	assert_string_equal(set.v[0].name, "b");
	assert_string_equal(set.v[1].name, "c");
	secant_tensors_free(&set);
	/* a parameter, a subclass, and a tensor alone */
	archive_gives(BYTES(PROTO "}(" STR1("p") "ctorch._utils\n_rebuild_parameter\n(" SIX "\x88" DICT "tR" STR1(
					  "q") "ctorch._tensor\n_rebuild_from_type_v2\n(ctorch._utils\n_rebuild_tensor_"
						   "v2\nctorch\nTensor\n(" FLOATS("0", "\6") "K\0K\6\x85K\1\x85\x89" DICT "t}tRu."),
		&set);
	assert_int_equal(set.n, 2);
	assert_numbers(&set.v[1].tensor, 6, (double[]){ 1, 2, 3, 4, 5, 6 });
	secant_tensors_free(&set);
	archive_gives(BYTES(PROTO SIX "."), &set);
	assert_string_equal(set.v[0].name, "array");
	secant_tensors_free(&set);
	archive_fails(BYTES(PROTO "}."), SECANT_ERR_FORMAT, "holds no dictionary of tensors");
	archive_fails(BYTES(PROTO "K\1."), SECANT_ERR_FORMAT, "holds no dictionary of tensors");
	/* a list that holds itself, nested deeper than anyone looks */
	archive_fails(BYTES(PROTO "]q\0h\0a."), SECANT_ERR_FORMAT, "holds no dictionary of tensors");
}

/* Weights beside their average: which were taken is told to whoever asks for the metadata. */
static void
test_a_second_set_of_weights_is_told(void **state)
{
	static const struct {
		const char *pickle;
		size_t n;
		const char *told;
	} each[] = {
		{ BYTES(PROTO "}(X\12\0\0\0state_dict}(" STR1("w") SIX "uX\16\0\0\0state_dict_ema}(" STR1("w") SIX "uu."),
			"two dictionaries hold the same 1 tensors: 'state_dict' is taken, 'state_dict_ema' is not" },
		{ BYTES(PROTO "}(X\3\0\0\0ema}X\12\0\0\0state_dict}(" STR1("w") SIX "usX\5\0\0\0model}(" STR1("w") SIX "uu."),
			"'model' is taken, 'ema' is not" },
		{ BYTES(PROTO "}(X\5\0\0\0model}(" STR1("w") SIX "uX\5\0\0\0other}(" STR1("v") SIX "uu."), NULL },
		{ BYTES(PROTO "}(X\5\0\0\0model}(" STR1("w") SIX "uu."), NULL },
	};
	for (size_t i = 0; i < sizeof each / sizeof *each; i++) {
		blob b = archive(each[i].pickle, each[i].n, NULL);
		secant_tensors set;
		char *meta = NULL;
		assert_int_equal(decode(&set, &meta, b.p, b.n, NULL), 0);
		assert_string_equal(set.v[0].name, "w");
		assert_true(each[i].told ? meta && strstr(meta, each[i].told) : !meta);
		secant_tensors_free(&set);
		secant_free(meta);
		free(b.p);
	}
}

static void
test_names_of_wrappers_go(void **state)
{
	secant_tensors set;
	archive_gives(BYTES(PROTO "}(X\12\0\0\0n_averaged" TENSOR(STORAGE("torch\nLongStorage", "1", "\1"), "\0", ")",
					  ")") "X\10\0\0\0module.a" SIX "X\22\0\0\0module._orig_mod.b" SIX "u."),
		&set);
	assert_int_equal(set.n, 2);
	assert_string_equal(set.v[0].name, "a");
	assert_string_equal(set.v[1].name, "b");
	secant_tensors_free(&set);
	/* one name without it: the prefix belongs to the network */
	archive_gives(BYTES(PROTO "}(X\10\0\0\0module.a" SIX "X\1\0\0\0b" SIX "u."), &set);
	assert_string_equal(set.v[0].name, "module.a");
	secant_tensors_free(&set);
	archive_fails(
		BYTES(PROTO "}(X\13\0\0\0_orig_mod.a" SIX STR1("a") SIX "u."), SECANT_ERR_FORMAT, "two tensors are named 'a'");
}

/* A bound method among a model's attributes is a call of getattr: kept as a value, never made. */
static void
test_bound_methods_are_values(void **state)
{
	secant_tensors set;
	archive_gives(BYTES(PROTO "}(" STR1("w") SIX STR1("x") "cbuiltins\ngetattr\n" STR1("a") STR1("b") "\x86Ru."), &set);
	assert_int_equal(set.n, 1);
	assert_string_equal(set.v[0].name, "w");
	secant_tensors_free(&set);
}

static void
test_nothing_is_run(void **state)
{
	const secant_status no = SECANT_ERR_UNSUPPORTED, bad = SECANT_ERR_FORMAT;
	archive_fails(BYTES(PROTO "cos\nsystem\nX\2\0\0\0id\x85R."), no,
		"holds a pickled python object os.system; only tensors are read");
	archive_fails(BYTES(PROTO "}(" STR1("w") SIX STR1("x") "cbuiltins\neval\nX\1\0\0\0x\x85Ru."), no, "builtins.eval");
	archive_fails(BYTES("\x80\x04\x8c\x05posix\x8c\x06system\x93."), no, "posix.system");
	archive_fails(BYTES(PROTO "ctorch._utils\n_rebuild_tensor_v2 \n."), no, "_rebuild_tensor_v2 ;");
	archive_fails(BYTES(PROTO "K\1)R."), bad, "something is called that is not a known global");
	archive_fails(BYTES(PROTO "ccollections\nOrderedDict\nK\1R."), bad, "something is called");
	archive_fails(BYTES(PROTO DICT ")R."), bad, "something is called");
	archive_fails(BYTES(PROTO "K\1K\2\x93."), bad, "the name of a global is not a string");
	archive_fails(BYTES(PROTO "\x82\1."), bad, "pickle, byte 2: opcode 0x82 is not one that tensors need");
	archive_fails(BYTES(PROTO "ios\nsystem\n."), bad, "opcode 0x69");
	archive_fails(BYTES("\x80\x01N."), no, "pickle protocol 1, known are 2 to 5");
	archive_fails(BYTES("\x80\x06N."), no, "pickle protocol 6, known are 2 to 5");
}

static void
test_broken_pickles(void **state)
{
	static const struct {
		const char *p;
		size_t n;
		const char *message;
	} cases[] = {
		{ BYTES(PROTO "."), "byte 2: the pickle ends with other than one value" },
		{ BYTES(PROTO "NN."), "other than one value" },
		{ BYTES(PROTO "(."), "other than one value" },
		{ BYTES(PROTO "0."), "the stack is empty" },
		{ BYTES(PROTO "1."), "a group ends that has not begun" },
		{ BYTES(PROTO "2."), "the stack is empty" },
		{ BYTES(PROTO "t."), "a group ends" },
		{ BYTES(PROTO "\x85."), "the stack is empty" },
		{ BYTES(PROTO "N(\x85."), "the stack is empty" },
		{ BYTES(PROTO "(Nd."), "a key without a value" },
		{ BYTES(PROTO "}(Nu."), "a key without a value" },
		{ BYTES(PROTO "a."), "the stack is empty" },
		{ BYTES(PROTO "NNa."), "values are added to what is no list" },
		{ BYTES(PROTO "NNNs."), "entries are added to what is no dictionary" },
		{ BYTES(PROTO "(e."), "there is nothing to add to" },
		{ BYTES(PROTO "](Nu."), "entries are added" },
		{ BYTES(PROTO "h\0."), "a memo number was never set" },
		{ BYTES(PROTO "Nr\xff\xff\xff\xff."), "a memo number is out of range" },
		{ BYTES(PROTO "q\0."), "the stack is empty" },
		{ BYTES(PROTO "Q."), "the stack is empty" },
		{ BYTES(PROTO "b."), "the stack is empty" },
		{ BYTES(PROTO "R."), "the stack is empty" },
		{ BYTES(PROTO "X\xff\xff\xff\xff"
					  "a."),
			"the data ends in the middle of this" },
		{ BYTES(PROTO "\x8d\xff\xff\xff\xff\xff\xff\xff\xff."), "the data ends in the middle" },
		{ BYTES(PROTO "\x95\xff\0\0\0\0\0\0\0N."), "a frame is longer than the data" },
		{ BYTES(PROTO "cos"), "the name of a global does not end" },
		{ BYTES(PROTO "N"), "the data ends in the middle of this" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		archive_fails(cases[i].p, cases[i].n, SECANT_ERR_FORMAT, cases[i].message);
	char deep[(1 << 16) + 8] = PROTO;
	memset(deep + 2, '(', sizeof deep - 2);
	archive_fails(deep, sizeof deep, SECANT_ERR_FORMAT, "groups are nested too deep");
}

/* Every opcode of the table does what Python does. */
static void
test_opcodes(void **state)
{
	static const char pickle[] =
		"\x80\x05\x95\1\0\0\0\0\0\0\0("
		"K\xffM\xff\xffJ\xff\xff\xff\xff\x8a\1\x80\x8a\0\x8b\3\0\0\0\0\0\x80\x8a\x09\1\2\3\4\5\6\7\x8\x9"
		"G\xbf\xf8\0\0\0\0\0\0\x8c\1aC\1d\x8e\1\0\0\0\0\0\0\0f\x88\x8fK\1\x85(K\1l(N0"
		"0(NN1"
		"N2]K\1a\x8f(K\1K\2\x90}K\1K\2s\x94h\0"
		"cargparse\nNamespace\n)\x81}b"
		"\x8c\x05torch\x8c\x04Size\x93K\7K\x8\x86\x85R"
		"t.";
	format_pickle_reader r = { .data = (const uint8_t *)pickle, .size = sizeof pickle - 1, .arena = base_arena_new() };
	secant_err err = { 0 };
	const format_pickle *v = format_pickle_read(&r, &err), *it;
	assert_non_null(v);
	assert_int_equal(r.at, r.size);
	assert_int_equal(format_pickle_length(v), 23);
	static const int64_t whole[6] = { 255, 65535, -1, -128, 0, -8388608 };
	for (int i = 0; i < 6; i++)
		assert_int_equal(format_pickle_item(v, i)->integer, whole[i]);
	assert_int_equal(format_pickle_item(v, 6)->kind, FORMAT_PICKLE_BIG);
	assert_int_equal(format_pickle_item(v, 6)->text.n, 9);
	assert_float_equal(format_pickle_item(v, 7)->real, -1.5, 0);
	assert_true(format_pickle_is_str(format_pickle_item(v, 8), "a"));
	assert_false(format_pickle_is_str(format_pickle_item(v, 9), "d")); /* bytes */
	assert_int_equal(format_pickle_item(v, 10)->text.p[0], 'f');
	assert_int_equal(format_pickle_item(v, 11)->kind, FORMAT_PICKLE_BOOL);
	assert_int_equal(format_pickle_item(v, 12)->kind, FORMAT_PICKLE_SET);
	assert_int_equal(format_pickle_length(format_pickle_item(v, 13)), 1);
	assert_int_equal(format_pickle_item(v, 14)->kind, FORMAT_PICKLE_LIST);
	assert_ptr_equal(format_pickle_item(v, 15), format_pickle_item(v, 16)); /* N 2: the same twice */
	assert_int_equal(format_pickle_item(format_pickle_item(v, 17), 0)->integer, 1);
	assert_int_equal(format_pickle_item(v, 18)->items.n, 2);
	it = format_pickle_item(v, 19);
	assert_true(format_pickle_is_mapping(it) && it == format_pickle_item(v, 20));
	it = format_pickle_item(v, 21);
	assert_int_equal(it->kind, FORMAT_PICKLE_OBJECT);
	assert_int_equal(format_pickle_length(format_pickle_item(v, 22)), 2); /* torch.Size is its tuple */
	assert_null(format_pickle_item(v, 23));
	base_arena_free(r.arena);
}

static void
test_wrong_tensors(void **state)
{
	const secant_status bad = SECANT_ERR_FORMAT;
	archive_fails(BYTES(PROTO "}(" STR1("w") TENSOR(FLOATS("0", "\6"), "\1", "K\2K\3\x86", "K\3K\1\x86") "u."), bad,
		"tensor 'w': reaches element 6 of its storage of 6");
	archive_fails(
		BYTES(PROTO "}(" STR1("w") TENSOR(FLOATS("0", "\6"), "\0", "K\2K\3\x86", "K\3J\377\377\377\177\x86") "u."), bad,
		"tensor 'w': reaches element");
	archive_fails(BYTES(PROTO "}(" STR1("w") TENSOR(FLOATS("0", "\7"), "\0", "K\2\x85", "K\1\x85") "u."), bad,
		"member x/data/0 has 24 bytes, its tensors need 28");
	archive_fails(BYTES(PROTO "}(" STR1("w") TENSOR(FLOATS("2", "\6"), "\0", "K\2\x85", "K\1\x85") "u."), bad,
		"member x/data/2 is missing");
	archive_fails(BYTES(PROTO "}(" STR1("w") TENSOR(FLOATS("0", "\6"), "\0", "K\2\x85", "K\1K\1\x86") "u."), bad,
		"tensor 'w': size and stride are not tuples of one length");
	archive_fails(BYTES(PROTO "}(" STR1("w") TENSOR(FLOATS("0", "\6"), "\0", "K\2\x85", "J\377\377\377\377\x85") "u."),
		bad, "a size or a stride is not a whole number");
	archive_fails(BYTES(PROTO "}(" STR1("w")
						  TENSOR(FLOATS("0", "\6"), "\0", "(K\1K\1K\1K\1K\1K\1K\1t", "(K\1K\1K\1K\1K\1K\1K\1t") "u."),
		SECANT_ERR_UNSUPPORTED, "rank 7, at most 6");
	archive_fails(BYTES(PROTO "}(" STR1("w") TENSOR("N", "\0", "K\2\x85", "K\1\x85") "u."), bad,
		"tensor 'w': its storage is not");
	archive_fails(BYTES(PROTO "}(" STR1("w") TENSOR("(K\1tQ", "\0", "K\2\x85", "K\1\x85") "u."), bad,
		"tensor 'w': its storage is not");
	archive_fails(BYTES(PROTO "}(" STR1("w")
						  TENSOR(STORAGE("torch\nComplexFloatStorage", "0", "\3"), "\0", "K\2\x85", "K\1\x85") "u."),
		SECANT_ERR_UNSUPPORTED, "tensor 'w': dtype torch.ComplexFloatStorage is not one secant has");
	archive_fails(
		BYTES(PROTO "}(X\3\0\0\0a\0b" SIX "u."), bad, "the name of a tensor has 3 bytes or a zero among them");
	archive_fails(BYTES(PROTO "}(" STR1("w") SIX STR1("w") SIX "u."), bad, "two tensors are named 'w'");
	/* 24 bytes that ask for 2^40 by strides of 0 */
	archive_fails(
		BYTES(PROTO "}(" STR1("w") TENSOR(FLOATS("0", "\6"), "\0", "J\0\0\0\100J\0\4\0\0\x86", "K\0K\0\x86") "u."),
		SECANT_ERR_RANGE, "tensor 'w': the tensors so far take 4398046511104 bytes, made of 24 in the file: refused");
}

static void
test_archives_that_are_none(void **state)
{
	static const char pickle[] = PROTO DICT "(" STR1("w") SIX "u.";
	blob b = archive(pickle, sizeof pickle - 1, "middle");
	refuses(b.p, b.n, SECANT_ERR_FORMAT, "member x/byteorder is neither 'little' nor 'big'");
	free(b.p);
	b = archive(pickle, sizeof pickle - 1, "big");
	secant_tensors set;
	decodes(&set, b.p, b.n);
	uint32_t one;
	memcpy(&one, set.v[0].tensor.data, 4);
	assert_int_equal(one, 0x0000803f); /* 1.0f turned around */
	secant_tensors_free(&set);
	/* damage to a member shows in its checksum */
	for (size_t i = 0; i + sizeof numbers <= b.n; i++) {
		if (!memcmp(b.p + i, numbers, sizeof numbers)) {
			b.p[i + 5] ^= 1;
			break;
		}
	}
	refuses(b.p, b.n, SECANT_ERR_FORMAT, "member x/data/0: CRC error");
	free(b.p);
	refuses(BYTES("PK\3\4 and more that is no archive"), SECANT_ERR_FORMAT, "zip archive: ");
	char *dir = scratch_dir(), path[512];
	snprintf(path, sizeof path, "%s/a.zip", dir);
	base_zip_writer z = { .w = base_writer_open(path, NULL) };
	base_zip_add(&z, "data.pkl", "N.", 2);
	assert_int_equal(base_zip_end(&z, NULL), 0);
	assert_int_equal(base_writer_commit(z.w, NULL), 0);
	b.p = slurp(path, &b.n);
	refuses(b.p, b.n, SECANT_ERR_FORMAT, "is a zip archive without data.pkl");
	free(b.p);
	z = (base_zip_writer){ .w = base_writer_open(path, NULL) };
	base_zip_add(&z, "m/data/sample_inputs/model.pt", "x", 1);
	base_zip_add(&z, "m/archive_format", "pt2", 3);
	assert_int_equal(base_zip_end(&z, NULL), 0);
	assert_int_equal(base_writer_commit(z.w, NULL), 0);
	b.p = slurp(path, &b.n);
	refuses(b.p, b.n, SECANT_ERR_FORMAT, "is a program of torch.export");
	free(b.p);
	assert_int_equal(base_remove_tree(dir, NULL), 0);
}

/* A deflated member that unpacks to more than deflate could have packed, by a directory that lies. */
static void
test_lying_sizes(void **state)
{
	static const char pickle[] = PROTO DICT "(" STR1("w") SIX "u.";
	blob b = archive(pickle, sizeof pickle - 1, NULL);
	for (size_t i = 0; i + 46 < b.n; i++)
		if (!memcmp(b.p + i, "PK\1\2", 4) && !memcmp(b.p + i + 46, "x/data/0", 8))
			base_put_le(b.p + i + 24, 0x70000000, 4);
	refuses(b.p, b.n, SECANT_ERR_RANGE, "member x/data/0: 1879048192 bytes unpacked, at most");
	free(b.p);
}

static void
test_deflated_members(void **state)
{
	static const char pickle[] = PROTO DICT "(" STR1("w") SIX "u.";
	char *dir = scratch_dir(), path[512];
	snprintf(path, sizeof path, "%s/a.pth", dir);
	zip_t *z = zip_open(path, ZIP_CREATE, NULL);
	zip_file_add(z, "n/data.pkl", zip_source_buffer(z, pickle, sizeof pickle - 1, 0), 0);
	zip_file_add(z, "n/data/0", zip_source_buffer(z, numbers, sizeof numbers, 0), 0);
	for (zip_uint64_t i = 0; i < 2; i++)
		zip_set_file_compression(z, i, ZIP_CM_DEFLATE, 9);
	assert_int_equal(zip_close(z), 0);
	secant_tensors set;
	assert_int_equal(secant_tensors_read(&set, NULL, path, NULL), 0);
	assert_numbers(&set.v[0].tensor, 6, (double[]){ 1, 2, 3, 4, 5, 6 });
	secant_tensors_free(&set);
	assert_int_equal(base_remove_tree(dir, NULL), 0);
}

static void
test_broken_streams(void **state)
{
	static const char pickle[] = PROTO DICT "(" STR1("w") SIX "u.";
	blob b = stream(pickle, sizeof pickle - 1);
	b.p[b.n - 32] = 7;
	refuses(b.p, b.n, SECANT_ERR_FORMAT, "storage 1 of 1 has 7 elements of 4 bytes");
	b.p[b.n - 32] = 5;
	refuses(b.p, b.n, SECANT_ERR_FORMAT, "the storages end at byte");
	free(b.p);
	refuses(BYTES(PROTO "}X\1\0\0\0aK\1s."), SECANT_ERR_FORMAT, "is a pickle, but not one of PyTorch");
	refuses(BYTES(MAGIC PROTO "M\xe8\x03." PROTO "}."), SECANT_ERR_UNSUPPORTED, "PyTorch's file protocol is not 1001");
	refuses(
		BYTES(PREFACE PROTO "}." PROTO "}."), SECANT_ERR_FORMAT, "the object is not followed by a list of storages");
	refuses(BYTES(PREFACE PROTO "}." PROTO "](" STR1("0") "e."), SECANT_ERR_FORMAT, "storage 0 belongs to no tensor");
	/* one storage, two types */
	b = stream(BYTES(PROTO "}(" STR1("w") SIX STR1("v")
			TENSOR(STORAGE("torch\nLongStorage", "0", "\3"), "\0", "K\2\x85", "K\1\x85") "u."));
	refuses(b.p, b.n, SECANT_ERR_FORMAT, "storage '0' has two types");
	free(b.p);
	/* a view of a storage: (key, offset, elements) */
	b = stream(
		BYTES(PROTO "}(" STR1("v") TENSOR("(X\7\0\0\0storagectorch\nFloatStorage\nX\1\0\0\0000X\3\0\0\0cpuK\6(X\1\0\0\0"
										  "9K\2K\3ttQ",
			"\1", "K\2\x85", "K\1\x85") "u."));
	secant_tensors set;
	decodes(&set, b.p, b.n);
	assert_numbers(&set.v[0].tensor, 2, (double[]){ 4, 5 });
	secant_tensors_free(&set);
	free(b.p);
}

static void
test_round_trip(void **state)
{
	secant_tensors set, back;
	secant_err err = { 0 };
	char *dir = scratch_dir(), path[512], again[512];
	snprintf(path, sizeof path, "%s/w.pth", dir);
	snprintf(again, sizeof again, "%s/v.pt", dir);
	fill_set(&set, true);
	assert_int_equal(secant_tensors_write(&set, "{}", path, &err), 0);
	assert_int_equal(secant_tensors_read(&back, NULL, path, &err), 0);
	assert_same_set(&set, &back);
	assert_int_equal(secant_tensors_write(&back, NULL, again, &err), 0);
	size_t a, b;
	uint8_t *p = slurp(path, &a), *q = slurp(again, &b);
	assert_int_equal(a, b);
	assert_memory_equal(p, q, a);
	/* local headers: data at multiples of 64 */
	for (size_t at = 0; !memcmp(p + at, "PK\3\4", 4);) {
		size_t start = at + 30 + base_le16(p + at + 26) + base_le16(p + at + 28);
		assert_int_equal(start % 64, 0);
		at = start + base_le32(p + at + 18);
	}
	free(p);
	free(q);
	secant_tensors_free(&set);
	secant_tensors_free(&back);
	assert_int_equal(base_remove_tree(dir, NULL), 0);
}

static void
test_reads_a_real_legacy_file(void **state)
{
	const char *path = data_path("onnx/sinet.pth");
	skip_without(path);
	secant_tensors set;
	assert_int_equal(secant_tensors_read(&set, NULL, path, NULL), 0);
	assert_int_equal(set.n, 393);
	secant_tensor *t = secant_tensors_find(&set, "encoder.level1.conv.weight");
	assert_non_null(t);
	secant_shape shape = secant_shape_of(4, (int64_t)12, (int64_t)3, (int64_t)3, (int64_t)3);
	assert_true(secant_shape_equal(&t->shape, &shape));
	secant_tensors_free(&set);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_both_containers),
		cmocka_unit_test(test_views_are_made_dense),
		cmocka_unit_test(test_checkpoints_are_searched),
		cmocka_unit_test(test_a_second_set_of_weights_is_told),
		cmocka_unit_test(test_names_of_wrappers_go),
		cmocka_unit_test(test_bound_methods_are_values),
		cmocka_unit_test(test_nothing_is_run),
		cmocka_unit_test(test_broken_pickles),
		cmocka_unit_test(test_opcodes),
		cmocka_unit_test(test_wrong_tensors),
		cmocka_unit_test(test_archives_that_are_none),
		cmocka_unit_test(test_lying_sizes),
		cmocka_unit_test(test_deflated_members),
		cmocka_unit_test(test_broken_streams),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_reads_a_real_legacy_file),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
