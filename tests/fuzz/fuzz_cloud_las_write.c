/* LAS and LAZ written: a file is read, written as LAZ, read again: the same points, whatever they are. */
#include <secant/cloud.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
compare(const secant_cloud *a, const secant_cloud *b)
{
	if (a->n != b->n || a->columns != b->columns)
		abort();
	for (int k = 3; k < a->columns; k++)
		if (strcmp(a->column[k].name, b->column[k].name) || a->column[k].type != b->column[k].type)
			abort();
		else if (a->column[k].type != SECANT_N_F64 /* scaled numbers are rounded in their last bit */
			&& memcmp(a->column[k].data, b->column[k].data, secant_number_size(a->column[k].type) * (size_t)a->n))
			abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	secant_err err = { 0 };
	secant_cloud a = { 0 }, b;
	char path[64];
	secant_cloud_reader *r = secant_cloud_open_memory(data, size, "input.las", NULL, &err);
	if (r && secant_cloud_total(r) < 20000 && !secant_cloud_next(r, &a, 20000, &err) && a.n) {
		a.las = secant_cloud_layout(r)->las;
		snprintf(path, sizeof path, "/tmp/secant-fuzz-%d.laz", (int)getpid());
		secant_cloud_writing o;
		if (secant_opts_init(&secant_cloud_write_options, &o, &err))
			abort();
		if (!secant_cloud_write(&a, path, &o, &err)) {
			if (secant_cloud_read(&b, path, NULL, &err))
				abort();
			compare(&a, &b);
			secant_cloud_free(&b);
			unlink(path);
		}
		secant_opts_free(&secant_cloud_write_options, &o);
	}
	secant_cloud_close(r);
	secant_cloud_free(&a);
	return 0;
}
