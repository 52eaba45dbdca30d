/* Lists of pairs and class files: the first byte chooses. Nothing that a list names is opened. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "data/class_file.h"
#include "data/pairs.h"

static char path[] = "/tmp/secant-fuzz-XXXXXX";

static void
forget(void)
{
	unlink(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char made;
	secant_err err = { 0 };
	if (!made) {
		int fd = mkstemp(path);
		if (fd < 0)
			return 0;
		close(fd);
		made = 1;
		atexit(forget);
	}
	FILE *file = size < 1 ? NULL : fopen(path, "wb");
	if (!file)
		return 0;
	fwrite(data + 1, 1, size - 1, file);
	fclose(file);
	if (data[0] & 1) {
		data_class_list list = { 0 };
		if (!data_class_list_read(&list, path, &err) && list.n < 1)
			abort();
		data_class_list_free(&list);
	} else {
		data_pairs pairs = { 0 };
		data_division how = { .fraction = 0.5, .seed = 1 };
		if (!data_pairs_find(&pairs, path, data[0] & 2 ? "train" : "all", data[0] & 4, &how, &err) && pairs.n < 1)
			abort();
		data_pairs_free(&pairs);
	}
	return 0;
}
