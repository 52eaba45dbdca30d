/*
 * The main of a fuzz target in ordinary builds: feeds it every file of a corpus folder, and the empty input, so that
 * what fuzzing once found stays tested. Inputs lie in blocks of exactly their size, for the address sanitizer to watch.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
replay(const char *path)
{
	FILE *f = fopen(path, "rb");
	if (!f || fseek(f, 0, SEEK_END)) {
		perror(path);
		return 1;
	}
	long size = ftell(f);
	rewind(f);
	uint8_t *data = malloc(size > 0 ? (size_t)size : 1);
	if (size < 0 || !data || fread(data, 1, (size_t)size, f) != (size_t)size) {
		fprintf(stderr, "%s: cannot be read\n", path);
		return 1;
	}
	fclose(f);
	LLVMFuzzerTestOneInput(data, (size_t)size);
	free(data);
	return 0;
}

int
main(int argc, char **argv)
{
	int n = 0, bad = 0;
	char path[4096];
	DIR *d = argc == 2 ? opendir(argv[1]) : NULL;
	if (!d) {
		fprintf(
			stderr, "usage: %s tests/fuzz/corpus/NAME (%s is no folder)\n", argv[0], argc == 2 ? argv[1] : "nothing");
		return 2;
	}
	LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
	for (struct dirent *e; (e = readdir(d));) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof path, "%s/%s", argv[1], e->d_name);
		bad += replay(path);
		n++;
	}
	closedir(d);
	printf("%d inputs replayed\n", n);
	return bad || n == 0;
}
