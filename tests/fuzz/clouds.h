/* What the fuzzers of cloud files share: the input is read as a file of one format, in pieces, with and without drawing
 * on meshes. */
#include <secant/cloud.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
fuzz_cloud(const uint8_t *data, size_t size, const char *format)
{
	secant_err err = { 0 };
	secant_cloud_reading opt;
	if (secant_opts_init(&secant_cloud_read_options, &opt, &err)
		|| secant_opts_set(&secant_cloud_read_options, &opt, "cloud-format", format, &err))
		abort();
	opt.threads = 1;
	for (int turn = 0; turn < 2; turn++) {
		err = (secant_err){ 0 };
		opt.mesh_points = turn ? 50 : -1;
		secant_cloud chunk = { 0 };
		secant_cloud_reader *r = secant_cloud_open_memory(data, size, "input", &opt, &err);
		for (int64_t n = 0; r && n < 20000 && !secant_cloud_next(r, &chunk, turn ? 3000 : 7, &err) && chunk.n;
			 n += chunk.n)
			if (chunk.n > 3000)
				abort();
		if (err.code && !err.msg[0])
			abort();
		secant_cloud_close(r);
		secant_cloud_free(&chunk);
	}
	secant_opts_free(&secant_cloud_read_options, &opt);
	return 0;
}
