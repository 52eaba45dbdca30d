/*
 * PyTorch's container since 1.6: a zip archive with ROOT/data.pkl, one member ROOT/data/KEY for each storage,
 * ROOT/byteorder. Archives are read by libzip, members stored or deflated; the pickle by pickle.h, the tensors by
 * state_dict.h. What is written is a state_dict: a collections.OrderedDict of _rebuild_tensor_v2 in a pickle of
 * protocol 2, which torch.load(weights_only=True) accepts.
 */
#include "formats/format.h"
#include "base/bytes.h"
#include "formats/state_dict.h"
#include "base/zip_write.h"
#include <stdio.h>
#include <string.h>
#include <zip.h>

enum { PICKLE_LIMIT = 1 << 26, DEFLATE_RATIO = 1032, NAME_LIMIT = 512 };

extern const format_tensor_format format_tensor_format_npy; /* of the members of numpy's archives */

static bool
detect(const uint8_t *data, size_t size)
{
	return size >= 22 && !memcmp(data, "PK\x03\x04", 4);
}

/* ---- reading ---- */

typedef struct archive {
	zip_t *zip;
	char root[NAME_LIMIT]; /* "archive/" */
	bool big_endian;
	format_storage *storages; /* one for each member, filled when asked for */
	int64_t members;
	uint64_t left; /* bytes that may still be unpacked: what deflate could make of the file at most */
} archive;

static secant_status
fail_zip(zip_t *z, const char *name, secant_err *err)
{
	return secant_fail(err, SECANT_ERR_FORMAT, "member %s: %s", name, zip_error_strerror(zip_get_error(z)));
}

static zip_t *
open_zip(const uint8_t *data, size_t size, secant_err *err)
{
	zip_error_t e;
	zip_error_init(&e);
	zip_source_t *source = zip_source_buffer_create(data, size, 0, &e);
	zip_t *z = source ? zip_open_from_source(source, ZIP_RDONLY, &e) : NULL;
	if (!z) {
		secant_fail(err, zip_error_code_zip(&e) == ZIP_ER_MEMORY ? SECANT_ERR_NOMEM : SECANT_ERR_FORMAT,
			"zip archive: %s%s", zip_error_strerror(&e),
			zip_error_code_zip(&e) == ZIP_ER_NOZIP
				? ": it begins as one and has no directory at its end, so it is cut off"
				: "");
		if (source)
			zip_source_free(source);
	}
	zip_error_fini(&e);
	return z;
}

/* Reads a member whole, and one byte more, which makes libzip compare the checksum. */
static secant_status
unpack(archive *a, zip_int64_t i, const char *name, uint64_t limit, uint8_t **data, size_t *size, secant_err *err)
{
	zip_stat_t st;
	uint8_t more;
	if (zip_stat_index(a->zip, (zip_uint64_t)i, 0, &st) || !(st.valid & ZIP_STAT_SIZE))
		return fail_zip(a->zip, name, err);
	if (st.size > limit || st.size > a->left)
		return secant_fail(err, SECANT_ERR_RANGE, "member %s: %llu bytes unpacked, at most %llu are allowed", name,
			(unsigned long long)st.size, (unsigned long long)(limit < a->left ? limit : a->left));
	a->left -= st.size;
	zip_file_t *f = zip_fopen_index(a->zip, (zip_uint64_t)i, 0);
	if (!f)
		return fail_zip(a->zip, name, err);
	secant_status s = SECANT_OK;
	uint64_t n = 0;
	zip_int64_t got = 1;
	if (!(*data = base_alloc_aligned((size_t)st.size)))
		s = secant_fail(
			err, SECANT_ERR_NOMEM, "member %s: no memory for %llu bytes", name, (unsigned long long)st.size);
	for (; !s && n < st.size && (got = zip_fread(f, *data + n, st.size - n)) > 0; n += (uint64_t)got)
		;
	if (!s && (got <= 0 || zip_fread(f, &more, 1) != 0))
		s = secant_fail(err, SECANT_ERR_FORMAT, "member %s: %s", name,
			zip_error_code_zip(zip_file_get_error(f)) ? zip_error_strerror(zip_file_get_error(f))
													  : "is not as long as the directory says");
	zip_fclose(f);
	if (s) {
		secant_free(*data);
		*data = NULL;
	}
	*size = (size_t)st.size;
	return s;
}

static format_storage *
find_storage(void *user, const format_pickle *key, uint64_t bytes, size_t size, secant_err *err)
{
	archive *a = user;
	char name[NAME_LIMIT + 64];
	if (key->text.n > 32)
		return secant_fail(err, SECANT_ERR_FORMAT, "the key of a storage has %zu bytes", key->text.n), NULL;
	(void)snprintf(name, sizeof name, "%sdata/%.*s", a->root, (int)key->text.n, key->text.p);
	zip_int64_t i = zip_name_locate(a->zip, name, 0);
	if (i < 0 || i >= a->members)
		return secant_fail(err, SECANT_ERR_FORMAT, "member %s is missing", name), NULL;
	format_storage *st = &a->storages[i];
	if (!st->data) {
		if (unpack(a, i, name, UINT64_MAX, &st->data, &st->size, err))
			return NULL;
		st->owner = st->data;
		if (a->big_endian)
			base_swap_bytes(st->data, st->size / size, size);
	}
	if (st->size < bytes)
		return secant_fail(err, SECANT_ERR_FORMAT, "member %s has %zu bytes, its tensors need %llu", name, st->size,
				   (unsigned long long)bytes),
			   NULL;
	return st;
}

/* The member ROOT/data.pkl; -1 when there is none. */
static zip_int64_t
find_root(archive *a)
{
	static const char tail[] = "data.pkl";
	for (zip_int64_t i = 0; i < a->members; i++) {
		const char *name = zip_get_name(a->zip, (zip_uint64_t)i, 0);
		const char *slash = name ? strchr(name, '/') : NULL;
		if (slash && !strcmp(slash + 1, tail) && (size_t)(slash - name) + 1 < sizeof a->root) {
			memcpy(a->root, name, (size_t)(slash - name) + 1);
			return i;
		}
	}
	return -1;
}

static secant_status
read_byteorder(archive *a, secant_err *err)
{
	char name[NAME_LIMIT + 16];
	(void)snprintf(name, sizeof name, "%sbyteorder", a->root);
	zip_int64_t i = zip_name_locate(a->zip, name, 0);
	uint8_t *text = NULL;
	size_t n = 0;
	if (i < 0)
		return SECANT_OK;
	secant_status s = unpack(a, i, name, 16, &text, &n, err);
	a->big_endian = !s && n == 3 && !memcmp(text, "big", 3);
	if (!s && !a->big_endian && (n != 6 || memcmp(text, "little", 6)))
		s = secant_fail(err, SECANT_ERR_FORMAT, "member %s is neither 'little' nor 'big'", name);
	secant_free(text);
	return s;
}

/* Not PyTorch's: an archive of numpy.savez, an array in each member; else what it may be. */
static secant_status
read_arrays(format_input *in, archive *a, secant_err *err)
{
	secant_status s = SECANT_OK;
	const char *is = "is a zip archive without data.pkl, not one of PyTorch";
	for (int64_t i = 0; !s && i < a->members; i++) {
		const char *member = zip_get_name(a->zip, (zip_uint64_t)i, 0);
		size_t n = member ? strlen(member) : 0, size = 0;
		char name[NAME_LIMIT];
		uint8_t *data = NULL;
		if (n > 4 && (!strcmp(member + n - 4, ".pth") || !strcmp(member + n - 3, ".pt")))
			is = "is a zip archive around a .pth file: unpack it first";
		if (member && strstr(member, "/archive_format")) {
			is = "is a program of torch.export: torch.save of its state_dict is read, and so is torch.onnx.export";
			break;
		}
		if (n > 3 && !strcmp(member + n - 3, ".h5"))
			is = "is a network of Keras: export it as ONNX (tf2onnx), which is read";
		if (n < 5 || n >= NAME_LIMIT || strcmp(member + n - 4, ".npy") != 0)
			continue;
		memcpy(name, member, n - 4);
		name[n - 4] = '\0';
		secant_tensors one = { 0 };
		s = unpack(a, i, member, UINT64_MAX, &data, &size, err);
		if (!s)
			s = format_tensor_format_npy.read(&(format_input){ .data = data, .size = size, .set = &one }, err);
		if (!s)
			s = secant_tensors_add(in->set, name, &one.v[0].tensor, err);
		else
			secant_err_prefix(err, "array '%s'", name);
		secant_tensors_free(&one);
		secant_free(data);
	}
	if (!s && !in->set->n)
		s = secant_fail(err, SECANT_ERR_FORMAT, "%s", is);
	return s ? s : secant_tensors_unwrap(in->set, err);
}

static secant_status
read_archive(format_input *in, archive *a, secant_err *err)
{
	zip_int64_t i = find_root(a);
	if (i < 0)
		return read_arrays(in, a, err);
	secant_status s = read_byteorder(a, err);
	uint8_t *text = NULL;
	format_pickle_reader r = { .arena = s ? NULL : base_arena_new() };
	if (!s && !r.arena)
		s = secant_fail(err, SECANT_ERR_NOMEM, "no memory for the pickle");
	if (!s)
		s = unpack(a, i, "data.pkl", in->size > PICKLE_LIMIT ? in->size : PICKLE_LIMIT, &text, &r.size, err);
	r.data = text;
	format_pickle *root = s ? NULL : format_pickle_read(&r, err);
	if (!s)
		s = root ? format_state_dict_read(in, root, &(format_storages){ find_storage, a }, &r, err) : err->code;
	base_arena_free(r.arena);
	secant_free(text);
	return s;
}

static secant_status
read_file(format_input *in, secant_err *err)
{
	archive a = { .zip = open_zip(in->data, in->size, err) };
	if (!a.zip)
		return err->code;
	a.members = zip_get_num_entries(a.zip, 0);
	a.left = in->size > UINT64_MAX / DEFLATE_RATIO ? UINT64_MAX : in->size * DEFLATE_RATIO;
	a.storages = secant_calloc((size_t)a.members, sizeof *a.storages);
	secant_status s = a.storages
		? read_archive(in, &a, err)
		: secant_fail(err, SECANT_ERR_NOMEM, "no memory for %lld members", (long long)a.members);
	for (int64_t i = 0; a.storages && i < a.members; i++)
		secant_free(a.storages[i].owner);
	secant_free(a.storages);
	zip_discard(a.zip);
	return s;
}

/* ---- writing ---- */

/* The storage class of each dtype; u16 has none and goes as bytes with its dtype beside it. */
static const char *const storage_class[] = {
	[SECANT_F32] = "FloatStorage",
	[SECANT_F64] = "DoubleStorage",
	[SECANT_BF16] = "BFloat16Storage",
	[SECANT_F16] = "HalfStorage",
	[SECANT_U8] = "ByteStorage",
	[SECANT_I8] = "CharStorage",
	[SECANT_U16] = NULL,
	[SECANT_I16] = "ShortStorage",
	[SECANT_I32] = "IntStorage",
	[SECANT_I64] = "LongStorage",
	[SECANT_BOOL] = "BoolStorage",
};

static void
add_text(base_str *s, const char *text)
{
	uint8_t n[4];
	base_put_le(n, strlen(text), 4);
	base_str_add(s, "X");
	base_str_addn(s, (const char *)n, 4);
	base_str_add(s, text);
}

static void
add_whole(base_str *s, int64_t v)
{
	uint8_t p[11] = { 0x8a, 8 };
	bool small = v <= INT32_MAX;
	if (small)
		p[0] = 'J';
	base_put_le(p + (small ? 1 : 2), (uint64_t)v, small ? 4 : 8);
	base_str_addn(s, (const char *)p, small ? 5 : 10);
}

static void
add_sizes(base_str *s, int n, const int64_t *v)
{
	base_str_add(s, "(");
	for (int i = 0; i < n; i++)
		add_whole(s, v[i]);
	base_str_add(s, "t");
}

static void
add_tensor(base_str *s, int key, const secant_tensor *t)
{
	const char *class = storage_class[t->dtype];
	int64_t stride[SECANT_MAX_RANK], step = 1;
	char text[16];
	for (int i = t->shape.rank - 1; i >= 0; i--) {
		stride[i] = step;
		step *= t->shape.dim[i] > 1 ? t->shape.dim[i] : 1;
	}
	(void)snprintf(text, sizeof text, "%d", key);
	base_str_add(s, class ? "ctorch._utils\n_rebuild_tensor_v2\n((" : "ctorch._utils\n_rebuild_tensor_v3\n((");
	add_text(s, "storage");
	base_str_addf(s, "c%s\n%s\n", class ? "torch" : "torch.storage", class ? class : "UntypedStorage");
	add_text(s, text);
	add_text(s, "cpu");
	add_whole(s, class ? secant_shape_count(&t->shape) : (int64_t)secant_tensor_bytes(t));
	base_str_add(s, "tQK");
	base_str_addn(s, "", 1); /* offset 0 */
	add_sizes(s, t->shape.rank, t->shape.dim);
	add_sizes(s, t->shape.rank, stride);
	base_str_add(s,
		"\x89"
		"ccollections\nOrderedDict\n)R"); /* requires_grad False, no hooks */
	if (!class)
		base_str_add(s, "ctorch\nuint16\n");
	base_str_add(s, "tR");
}

static secant_status
write_file(base_writer *w, const secant_tensors *set, const char *metadata_json, secant_err *err)
{
	base_str s = { 0 };
	char name[32];
	base_str_add(&s,
		"\x80\x02"
		"ccollections\nOrderedDict\n)R(");
	for (int i = 0; i < set->n; i++) {
		add_text(&s, set->v[i].name);
		add_tensor(&s, i, &set->v[i].tensor);
	}
	base_str_add(&s, "u.");
	base_zip_writer z = { .w = w };
	bool failed = s.failed;
	base_zip_add(&z, "archive/data.pkl", s.p, s.n);
	base_str_free(&s);
	base_zip_add(&z, "archive/byteorder", "little", 6);
	for (int i = 0; i < set->n; i++) {
		(void)snprintf(name, sizeof name, "archive/data/%d", i);
		base_zip_add(&z, name, set->v[i].tensor.data, secant_tensor_bytes(&set->v[i].tensor));
	}
	base_zip_add(&z, "archive/version", "3\n", 2);
	secant_status status = base_zip_end(&z, err);
	return failed && !status ? secant_fail(err, SECANT_ERR_NOMEM, "no memory for the pickle") : status;
}

const format_tensor_format format_tensor_format_pth = {
	.name = "pth",
	.brief = "PyTorch state_dict or checkpoint (zip container)",
	.extensions = "pth|pt|bin",
	.detect = detect,
	.read = read_file,
	.write = write_file,
};
