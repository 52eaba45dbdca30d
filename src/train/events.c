/*
 * TensorBoard's event files. A file is a row of records (TFRecord),
 *
 *     u64 length | u32 mask(crc32c(length)) | length bytes | u32 mask(crc32c(bytes))       mask(c) = (c >> 15 | c <<
 *     17) + 0xa282ead8
 *
 * little-endian; each holds a protobuf message Event { double wall_time = 1; int64 step = 2; string file_version = 3;
 * Summary summary = 5 } with Summary { repeated Value value = 1 }, Value { string tag = 1; float simple_value = 2 }.
 * A reader follows a file that grows, so events are appended, each with one write; an epoch that is done again after
 * a break repeats its step, which readers take as a restart.
 */
#include "train/events.h"
#include <math.h>
#include <string.h>
#include "base/bytes.h"
#include "base/file.h"
#include "base/mem.h"

uint32_t
train_crc32c(const void *data, size_t size)
{
	const uint8_t *p = data;
	uint32_t crc = 0xffffffffu;
	for (size_t i = 0; i < size; i++) {
		crc ^= p[i];
		for (int k = 0; k < 8; k++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0);
	}
	return ~crc;
}

/* ---- protobuf ---- */

static void
put_varint(base_str *s, uint64_t v)
{
	do {
		char b = (char)((v & 127) | (v > 127 ? 128 : 0));
		base_str_addn(s, &b, 1);
		v >>= 7;
	} while (v);
}

enum { VARINT, FIXED64, BYTES, FIXED32 = 5 };

static void
put_field(base_str *s, int field, int type)
{
	put_varint(s, (uint64_t)(field << 3 | type));
}

static void
put_bytes(base_str *s, int field, const char *data, size_t n)
{
	put_field(s, field, BYTES);
	put_varint(s, n);
	base_str_addn(s, data, n);
}

static void
put_scalar(base_str *summary, const train_scalar *v)
{
	base_str value = { 0 };
	float number = (float)v->value;
	uint32_t bits;
	memcpy(&bits, &number, sizeof bits);
	put_bytes(&value, 1, v->tag, strlen(v->tag));
	put_field(&value, 2, FIXED32);
	base_str_add_le(&value, bits, 4);
	if (value.failed)
		summary->failed = true;
	else
		put_bytes(summary, 1, value.p, value.n);
	base_str_free(&value);
}

/* ---- records ---- */

static uint32_t
masked(const void *data, size_t n)
{
	uint32_t crc = train_crc32c(data, n);
	return (crc >> 15 | crc << 17) + 0xa282ead8u;
}

static void
put_record(base_str *file, const base_str *event)
{
	uint8_t length[8];
	base_put_le(length, event->n, 8);
	file->failed |= event->failed;
	if (file->failed)
		return;
	base_str_addn(file, (const char *)length, 8);
	base_str_add_le(file, masked(length, 8), 4);
	base_str_addn(file, event->p, event->n);
	base_str_add_le(file, masked(event->p, event->n), 4);
}

static void
put_time(base_str *event, double time)
{
	uint64_t bits;
	memcpy(&bits, &time, sizeof bits);
	put_field(event, 1, FIXED64);
	base_str_add_le(event, bits, 8);
}

secant_status
train_events_append(const char *path, double time, int64_t step, const train_scalar *scalars, int n, secant_err *err)
{
	static const char version[] = "brain.Event:2";
	base_str file = { 0 }, event = { 0 }, summary = { 0 };
	if (!secant_is_file(path)) {
		put_time(&event, time);
		put_bytes(&event, 3, version, sizeof version - 1);
		put_record(&file, &event);
		base_str_free(&event);
	}
	for (int i = 0; i < n; i++)
		if (isfinite(scalars[i].value))
			put_scalar(&summary, &scalars[i]);
	put_time(&event, time);
	put_field(&event, 2, VARINT);
	put_varint(&event, (uint64_t)step);
	event.failed |= summary.failed;
	if (!event.failed && summary.n)
		put_bytes(&event, 5, summary.p, summary.n);
	put_record(&file, &event);
	secant_status status = file.failed ? secant_fail(err, SECANT_ERR_NOMEM, "no memory for an event")
									   : base_file_append_bytes(path, file.p, file.n, err);
	base_str_free(&file);
	base_str_free(&event);
	base_str_free(&summary);
	return status;
}
