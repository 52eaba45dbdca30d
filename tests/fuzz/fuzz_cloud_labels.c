/* Label files of clouds, lists of lines, and finding the line of a point: all by path, so the input lies in a file in
 * memory. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "base/mem.h"
#include "data/clouds/clouds.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[64], where[200];
	int64_t *v, n;
	secant_err err = { 0 };
	data_lines lines;
	int fd = memfd_create("labels", 0);
	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	if (data_label_file_read(&v, &n, path, &err)) {
		if (!err.msg[0] || v || strchr(err.msg, '\n'))
			abort();
	} else if (n < 0 || (size_t)n > size + 1) {
		abort();
	}
	secant_free(v);
	if (!data_lines_read(&lines, path, NULL))
		for (int i = 0; i < lines.n; i++)
			if (!lines.v[i][0])
				abort();
	data_lines_free(&lines);
	for (int64_t i = 0; i < 3; i++)
		data_cloud_where(path, i, where, sizeof where);
	close(fd);
	return 0;
}
