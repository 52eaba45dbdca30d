/*
 * .ckpt of MindSpore (mindspore.save_checkpoint): protocol buffers, a message Checkpoint whose values are written one
 * after another without anything around them:
 *
 *     Checkpoint   { repeated Value value = 1 }
 *     Value        { string tag = 1; TensorProto tensor = 2; MapTensorProto maptensor = 3 }
 *     TensorProto  { repeated int64 dims = 1; string tensor_type = 2 ("Float32"); bytes tensor_content = 3 }
 *
 * A tensor above 512 MiB is cut into values of one tag that follow each other, each with the whole shape. A file saved
 * with crc_check ends in "crc_num" and ten bytes, big-endian. Encrypted files begin with a number per cipher instead.
 * Source: checkpoint.proto and train/serialization.py of MindSpore 2.7, and files it wrote.
 */
#include <stdio.h>
#include <string.h>
#include "base/hash.h"
#include "base/json.h"
#include "formats/format.h"
#include "formats/onnx/wire.h"

enum { CRC_MARK = 7, CRC_DIGITS = 10, CRC_TAIL = CRC_MARK + CRC_DIGITS };
#define SLICE ((uint64_t)512 << 20)

/* MindSpore's names; those without a type of ours are widened where their numbers fit. */
static const struct {
	const char *name;
	secant_dtype dtype;
	unsigned char wide; /* bytes of a number that is not stored as dtype: UInt32, UInt64; 0: as dtype */
} types[] = {
	{ "Float32", SECANT_F32, 0 },
	{ "Float16", SECANT_F16, 0 },
	{ "BFloat16", SECANT_BF16, 0 },
	{ "Float64", SECANT_F64, 0 },
	{ "Int8", SECANT_I8, 0 },
	{ "Int16", SECANT_I16, 0 },
	{ "Int32", SECANT_I32, 0 },
	{ "Int64", SECANT_I64, 0 },
	{ "UInt8", SECANT_U8, 0 },
	{ "UInt16", SECANT_U16, 0 },
	{ "UInt32", SECANT_I64, 4 },
	{ "UInt64", SECANT_I64, 8 },
	{ "Bool", SECANT_BOOL, 0 },
};
enum { TYPES = sizeof types / sizeof *types };

static const struct {
	uint32_t magic;
	const char *cipher;
} ciphers[] = { { 0x7F3A5ED8, "AES-GCM" }, { 0x7F3A5ED9, "AES-CBC" }, { 0x7F3A5EDA, "SM4-CBC" } };

/* NULL: not encrypted. */
static const char *
cipher_of(const uint8_t *data, size_t size)
{
	for (size_t i = 0; i < sizeof ciphers / sizeof *ciphers; i++)
		if (size >= 4 && base_le32(data) == ciphers[i].magic)
			return ciphers[i].cipher;
	return NULL;
}

static bool
detect(const uint8_t *data, size_t size)
{
	format_wire file = { data, size }, value;
	format_wire_field f;
	uint64_t length;
	if (cipher_of(data, size))
		return true;
	/* the first value: its length, then its tag; a cut file is one all the same */
	if (size < 4 || data[0] != (1 << 3 | FORMAT_WIRE_BYTES))
		return false;
	file.p++;
	file.n--;
	if (!format_wire_varint(&file, &length))
		return false;
	value = (format_wire){ file.p, length < file.n ? (size_t)length : file.n };
	if (!value.n || *value.p != (1 << 3 | FORMAT_WIRE_BYTES) || format_wire_next(&value, &f) != 1)
		return false;
	return f.bytes.n && value.n
		&& (*value.p == (2 << 3 | FORMAT_WIRE_BYTES) || *value.p == (3 << 3 | FORMAT_WIRE_BYTES));
}

/* One value, its content still in the file. */
typedef struct piece {
	format_wire tag, type, content;
	secant_shape shape;
	int rank; /* as it is said, which may be more than we have */
} piece;

static bool
same(format_wire a, format_wire b)
{
	return a.n == b.n && !memcmp(a.p, b.p, a.n);
}

static bool
add_dim(piece *p, uint64_t v)
{
	if (v > INT64_MAX)
		return false;
	if (p->rank < SECANT_MAX_RANK)
		p->shape.dim[p->rank] = (int64_t)v;
	p->rank++;
	return p->rank < 1000;
}

static secant_status
read_tensor(format_wire w, piece *p, secant_err *err)
{
	format_wire_field f;
	int more;
	bool content = false;
	while ((more = format_wire_next(&w, &f)) == 1) {
		if (f.number == 1 && f.type == FORMAT_WIRE_VARINT && !add_dim(p, f.value))
			return secant_fail(err, SECANT_ERR_FORMAT, "tensor '%.*s': a dimension below 0", (int)p->tag.n, p->tag.p);
		if (f.number == 1 && f.type == FORMAT_WIRE_BYTES) /* packed */
			for (uint64_t v; f.bytes.n;)
				if (!format_wire_varint(&f.bytes, &v) || !add_dim(p, v))
					return secant_fail(
						err, SECANT_ERR_FORMAT, "tensor '%.*s': dimensions are damaged", (int)p->tag.n, p->tag.p);
		if (f.number == 2 && f.type == FORMAT_WIRE_BYTES)
			p->type = f.bytes;
		if (f.number == 3 && f.type == FORMAT_WIRE_BYTES)
			p->content = f.bytes, content = true;
	}
	if (more < 0 || !p->type.n || !content)
		return secant_fail(err, SECANT_ERR_FORMAT, "tensor '%.*s': %s", (int)p->tag.n, p->tag.p,
			more < 0 ? "its message is damaged" : "type or content is missing");
	p->shape.rank = p->rank < SECANT_MAX_RANK ? p->rank : SECANT_MAX_RANK;
	return SECANT_OK;
}

static secant_status
read_value(format_wire w, size_t at, piece *p, secant_err *err)
{
	format_wire_field f;
	format_wire tensor = { 0 };
	bool map = false, has = false;
	int more;
	*p = (piece){ 0 };
	while ((more = format_wire_next(&w, &f)) == 1) {
		if (f.type != FORMAT_WIRE_BYTES)
			continue;
		if (f.number == 1)
			p->tag = f.bytes;
		if (f.number == 2)
			tensor = f.bytes, has = true;
		map |= f.number == 3;
	}
	if (more < 0 || !p->tag.n || p->tag.n > 4096 || memchr(p->tag.p, 0, p->tag.n))
		return secant_fail(err, SECANT_ERR_FORMAT, "the value at byte %zu %s", at,
			more < 0 ? "is damaged" : "has no name that can be one");
	if (!has)
		return secant_fail(err, map ? SECANT_ERR_UNSUPPORTED : SECANT_ERR_FORMAT, "'%.*s' %s", (int)p->tag.n, p->tag.p,
			map ? "is a map parameter (hash table), which no network of ours has" : "has no tensor");
	return read_tensor(tensor, p, err);
}

/* The next value; *end where there is none. */
static secant_status
next_piece(format_wire *file, const uint8_t *start, piece *p, bool *end, secant_err *err)
{
	format_wire_field f;
	size_t at = (size_t)(file->p - start);
	int more = format_wire_next(file, &f);
	*end = more == 0;
	if (*end)
		return SECANT_OK;
	if (more < 0 || f.number != 1 || f.type != FORMAT_WIRE_BYTES)
		return secant_fail(err, SECANT_ERR_FORMAT, "no value of a checkpoint at byte %zu: damaged, or cut off", at);
	return read_value(f.bytes, at, p, err);
}

/* ---- from pieces to tensors ---- */

static int
type_of(format_wire name)
{
	for (int i = 0; i < TYPES; i++)
		if (strlen(types[i].name) == name.n && !memcmp(types[i].name, name.p, name.n))
			return i;
	return -1;
}

/* UInt32 and UInt64 as i64. */
static secant_status
add_wide(format_input *in, const char *name, const secant_shape *shape, format_wire data, int width, secant_err *err)
{
	secant_tensor t;
	secant_status s = secant_tensor_new(&t, SECANT_I64, shape, err);
	for (int64_t i = 0; !s && i < secant_shape_count(shape); i++) {
		uint64_t v = width == 4 ? base_le32(data.p + 4 * i) : base_le64(data.p + 8 * i);
		if (v > INT64_MAX)
			s = secant_fail(err, SECANT_ERR_RANGE, "tensor '%s': a number beyond 2^63", name);
		((int64_t *)t.data)[i] = (int64_t)v;
	}
	if (s || (s = secant_tensors_add(in->set, name, &t, err)))
		secant_tensor_free(&t);
	return s;
}

/* Text that save_checkpoint(append_dict=...) put beside the weights. */
static secant_status
add_text(json_t *texts, const char *name, format_wire data, secant_err *err)
{
	json_t *v = json_stringn((const char *)data.p, data.n);
	if (!v)
		return secant_fail(err, SECANT_ERR_FORMAT, "'%s' is called text and is none", name);
	return json_object_set_new(texts, name, v) ? secant_fail(err, SECANT_ERR_NOMEM, "no memory for '%s'", name)
											   : SECANT_OK;
}

static secant_status
check_size(const piece *p, const char *name, int type, uint64_t bytes, secant_err *err)
{
	char text[96];
	int64_t count = secant_shape_count(&p->shape), want = -1;
	int64_t width = types[type].wide ? types[type].wide : (int64_t)secant_dtype_size(types[type].dtype);
	if (p->rank > SECANT_MAX_RANK)
		return secant_fail(err, SECANT_ERR_UNSUPPORTED, "tensor '%s' has %d dimensions, at most %d go", name, p->rank,
			SECANT_MAX_RANK);
	if (count < 0 || __builtin_mul_overflow(count, width, &want) || (uint64_t)want != bytes)
		return secant_fail(err, SECANT_ERR_FORMAT, "tensor '%s' of %s %s has %lld bytes, the file holds %llu", name,
			types[type].name, secant_shape_text(&p->shape, text, sizeof text), (long long)want,
			(unsigned long long)bytes);
	return SECANT_OK;
}

/* A tensor whose content stands in one piece (`content`), or was joined from several. */
static secant_status
add(format_input *in, json_t *texts, const piece *p, format_wire content, secant_err *err)
{
	int type = type_of(p->type);
	char name[4097];
	piece shaped = *p;
	memcpy(name, p->tag.p, p->tag.n);
	name[p->tag.n] = '\0';
	if (p->type.n == 3 && !memcmp(p->type.p, "str", 3))
		return add_text(texts, name, content, err);
	if (type < 0)
		return secant_fail(err, SECANT_ERR_UNSUPPORTED, "tensor '%s' is of type %.*s, which is none of ours", name,
			p->type.n < 40 ? (int)p->type.n : 40, p->type.p);
	/* Releases before 1.3 write a scalar as dims 0. */
	if (p->rank == 1 && p->shape.dim[0] == 0
		&& content.n == (types[type].wide ? types[type].wide : secant_dtype_size(types[type].dtype)))
		shaped.rank = shaped.shape.rank = 0;
	secant_status s = check_size(&shaped, name, type, content.n, err);
	if (s)
		return s;
	if (types[type].wide)
		return add_wide(in, name, &shaped.shape, content, types[type].wide, err);
	return format_add(in, name, types[type].dtype, &shaped.shape, content.p, err);
}

/* Takes the pieces after *p that have its tag; `joined` owns their bytes, and what is left is in *file. */
static secant_status
join(format_wire *file, const uint8_t *start, const piece *p, base_str *joined, secant_err *err)
{
	format_wire ahead = *file;
	piece next;
	bool end;
	secant_status s;
	while (!(s = next_piece(&ahead, start, &next, &end, err)) && !end && same(next.tag, p->tag)) {
		if (!same(next.type, p->type) || next.rank != p->rank || !secant_shape_equal(&next.shape, &p->shape))
			return secant_fail(
				err, SECANT_ERR_FORMAT, "tensor '%.*s' stands twice in the file, differently", (int)p->tag.n, p->tag.p);
		if (!joined->n)
			base_str_addn(joined, (const char *)p->content.p, p->content.n);
		base_str_addn(joined, (const char *)next.content.p, next.content.n);
		if (joined->failed)
			return secant_fail(err, SECANT_ERR_NOMEM, "no memory for tensor '%.*s'", (int)p->tag.n, p->tag.p);
		*file = ahead;
	}
	return s;
}

/* Takes a checksum off the end where there is one, and compares. */
static secant_status
take_checksum(format_wire *file, secant_err *err)
{
	uint64_t said = 0;
	if (file->n < CRC_TAIL || memcmp(file->p + file->n - CRC_TAIL, "crc_num", CRC_MARK))
		return SECANT_OK;
	for (int i = 0; i < CRC_DIGITS; i++)
		said = said << 8 | file->p[file->n - CRC_DIGITS + (size_t)i];
	file->n -= CRC_TAIL;
	uint32_t is = base_crc32(0, file->p, file->n);
	return is == said ? SECANT_OK
					  : secant_fail(err, SECANT_ERR_FORMAT, "damaged: its checksum is %08x, it says %08llx",
						  (unsigned)is, (unsigned long long)said);
}

static secant_status
read_file(format_input *in, secant_err *err)
{
	const char *cipher = cipher_of(in->data, in->size);
	format_wire file = { in->data, in->size };
	bool end = false;
	piece p;
	if (cipher)
		return secant_fail(err, SECANT_ERR_UNSUPPORTED,
			"encrypted by MindSpore (%s); load it there with dec_key and save or export it without enc_key", cipher);
	json_t *texts = json_object();
	secant_status s = texts ? take_checksum(&file, err) : secant_fail(err, SECANT_ERR_NOMEM, "no memory");
	while (!s && !(s = next_piece(&file, in->data, &p, &end, err)) && !end) {
		base_str joined = { 0 };
		if (!(s = join(&file, in->data, &p, &joined, err))) {
			format_wire content = joined.n ? (format_wire){ (const uint8_t *)joined.p, joined.n } : p.content;
			bool borrow = in->borrow;
			in->borrow = borrow && !joined.n;
			s = add(in, texts, &p, content, err);
			in->borrow = borrow;
		}
		base_str_free(&joined);
	}
	if (!s && in->metadata && json_object_size(texts) && !(*in->metadata = base_json_text(texts, 0)))
		s = secant_fail(err, SECANT_ERR_NOMEM, "no memory for texts");
	json_decref(texts);
	return s;
}

/* ---- writing ---- */

/* Bytes [first, first + n) of a tensor as one value. */
static secant_status
put_value(base_writer *w, const char *tag, const char *type, const secant_tensor *t, uint64_t first, uint64_t n,
	secant_err *err)
{
	secant_status s = SECANT_OK;
	base_str tensor = { 0 }, value = { 0 }, head = { 0 };
	for (int d = 0; d < t->shape.rank; d++)
		format_wire_put_varint(&tensor, 1, (uint64_t)t->shape.dim[d]);
	format_wire_put_text(&tensor, 2, type);
	format_wire_put_head(&tensor, 3, n);
	format_wire_put_text(&value, 1, tag);
	format_wire_put_head(&value, 2, tensor.n + n);
	format_wire_put_head(&head, 1, value.n + tensor.n + n);
	if (tensor.failed || value.failed || head.failed) {
		s = secant_fail(err, SECANT_ERR_NOMEM, "no memory for the head of tensor '%s'", tag);
	} else {
		base_writer_put(w, head.p, head.n, NULL);
		base_writer_put(w, value.p, value.n, NULL);
		base_writer_put(w, tensor.p, tensor.n, NULL);
		base_writer_put(w, (const uint8_t *)t->data + first, (size_t)n, NULL);
	}
	base_str_free(&tensor);
	base_str_free(&value);
	base_str_free(&head);
	return s;
}

static secant_status
write_file(base_writer *w, const secant_tensors *set, const char *metadata_json, secant_err *err)
{
	secant_status s = SECANT_OK;
	for (int i = 0; i < set->n && !s; i++) {
		const secant_tensor *t = &set->v[i].tensor;
		uint64_t bytes = secant_tensor_bytes(t), at = 0;
		int type = 0;
		while (types[type].dtype != t->dtype || types[type].wide)
			type++;
		do {
			uint64_t n = bytes - at < SLICE ? bytes - at : SLICE;
			s = put_value(w, set->v[i].name, types[type].name, t, at, n, err);
			at += n;
		} while (!s && at < bytes);
	}
	return s;
}

const format_tensor_format format_tensor_format_ckpt = {
	.name = "ckpt",
	.brief = "MindSpore's checkpoint",
	.extensions = "ckpt",
	.detect = detect,
	.read = read_file,
	.write = write_file,
};
