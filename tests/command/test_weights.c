/* Published weights of encoders, as a user meets them: fetched by name from a server on the loopback address, put there
 * by hand, of other libraries' names; how pictures are normalised for them; and what is said where none can be had. */
#include "run.h"
#include "http.h"
#include "base/file.h"
#include "base/hash.h"
#include "hub/hub.h"
#include "model/model.h"
#include "prepare/normalize.h"

static char out[1 << 16], dir[256];
static secant_tensors encoder; /* of a mobilenet_v2, names without "encoder." */
static char *file; /* as model.safetensors */
static size_t file_size;

static void
says(int status, const char *part, const char *line)
{
	char full[3000];
	snprintf(full, sizeof full, "cd %s && %s", dir, line);
	int got = run_line(out, sizeof out, "%s", full);
	if (got != status || !strstr(out, part))
		fail_msg("%s: status %d, want %d; '%s' lacks '%s'", line, got, status, out, part);
}

/* The tensors of a fresh encoder, owned, under the names that `name` gives them. */
static void
make_encoder(const char *which, secant_tensors *to, bool (*name)(const char *own, char *theirs, size_t n))
{
	secant_network net;
	model_bundle m;
	secant_tensors all;
	assert_int_equal(secant_opts_init(&secant_network_options, &net, NULL), SECANT_OK);
	assert_int_equal(secant_opts_set(&secant_network_options, &net, "encoder", which, NULL), SECANT_OK);
	assert_int_equal(model_new(&m, &net, NULL, NULL, false, NULL), SECANT_OK);
	model_initialize(&m, 7);
	assert_int_equal(model_tensors(&m, &all, NULL), SECANT_OK);
	for (int i = 0; i < all.n; i++) {
		char theirs[300];
		secant_tensor copy;
		if (strncmp(all.v[i].name, "encoder.", 8) || !name(all.v[i].name + 8, theirs, sizeof theirs))
			continue;
		const secant_tensor *from = &all.v[i].tensor;
		assert_int_equal(secant_tensor_new(&copy, from->dtype, &from->shape, NULL), SECANT_OK);
		memcpy(copy.data, from->data, secant_tensor_bytes(from));
		assert_int_equal(secant_tensors_add(to, theirs, &copy, NULL), SECANT_OK);
	}
	secant_tensors_free(&all);
	model_free(&m);
	secant_opts_free(&secant_network_options, &net);
}

static bool
as_it_is(const char *own, char *theirs, size_t n)
{
	snprintf(theirs, n, "%s", own);
	return true;
}

static int
begin(void **state)
{
	char path[300];
	snprintf(dir, sizeof dir, "%s", scratch_dir());
	make_encoder("mobilenet_v2", &encoder, as_it_is);
	snprintf(path, sizeof path, "%s/model.safetensors", dir);
	assert_int_equal(secant_tensors_write(&encoder, NULL, path, NULL), SECANT_OK);
	assert_int_equal(secant_file_read(&file, &file_size, path, 1 << 30, NULL), SECANT_OK);
	setenv("SECANT_WEIGHTS", "cache", 1);
	setenv("HOME", dir, 1);
	setenv("XDG_CACHE_HOME", dir, 1);
	says(0, "", "$SECANT demo data --pictures 4 --size 32");
	return 0;
}

static int
end(void **state)
{
	secant_tensors_free(&encoder);
	secant_free(file);
	return base_remove_tree(dir, NULL);
}

#define TRAIN "$SECANT train data --encoder mobilenet_v2 --epochs 1 --batch 2 --size 32 --threads 1 --freeze encoder "

/* The frozen encoder of a run is the file's, colours turned or not. */
static void
is_started_from(const char *run, const secant_tensors *from, const char *stem, bool turned)
{
	char path[400], name[300];
	secant_tensors got;
	snprintf(path, sizeof path, "%s/%s/last.safetensors", dir, run);
	assert_int_equal(secant_tensors_read(&got, NULL, path, NULL), SECANT_OK);
	int compared = 0;
	for (int i = 0; i < from->n; i++) {
		const secant_tensor *want = &from->v[i].tensor;
		snprintf(name, sizeof name, "encoder.%s", from->v[i].name);
		const secant_tensor *is = secant_tensors_find(&got, name);
		if (want->dtype != SECANT_F32)
			continue;
		assert_non_null(is);
		int64_t n = secant_shape_count(&want->shape), area = 9;
		for (int64_t k = 0; k < n; k++) {
			int64_t c = k / area % 3, at = turned && !strcmp(from->v[i].name, stem) ? k + (2 - 2 * c) * area : k;
			assert_true(secant_tensor_get(is, k) == secant_tensor_get(want, at));
		}
		compared++;
	}
	assert_true(compared > 100);
	secant_tensors_free(&got);
}

static void
fetched_by_name(void **state)
{
	static const char config[] = "{\"mean\": [0.5, 0.4, 0.3], \"std\": [0.25, 0.2, 0.1], \"input_space\": \"RGB\", "
								 "\"input_range\": [0, 1], \"url\": \"x\"}";
	char sum[65], linked[200], line[900];
	base_sha256_hex(file, file_size, sum);
	snprintf(linked, sizeof linked, "X-Linked-Etag: \"%s\"\r\n", sum);
	http_row rows[] = { { "/model.safetensors", file, file_size, linked, .breaks_after = file_size / 2 + 1 },
		{ "/config.json", config, sizeof config - 1 }, { 0 } };
	http_server s;
	assert_true(http_start(&s, rows));
	snprintf(line, sizeof line, "SECANT_WEIGHTS_FROM=%s " TRAIN "--encoder-weights imagenet --out one", s.base);
	says(0, "normalised as for encoder weights imagenet: 0.5,0.4,0.3/0.25,0.2,0.1", line);
	assert_non_null(strstr(out, sum));
	assert_non_null(strstr(out, "going on at byte"));
	is_started_from("one", &encoder, "", false);
	says(0, "\"normalize\": \"0.5,0.4,0.3/0.25,0.2,0.1\"", "cat one/config.json");
	says(0, "\"encoder-weights\": \"imagenet\"", "cat one/config.json");
	assert_int_equal(rows[0].requests, 2);
	http_stop(&s);

	/* from now on it is here: no network is needed */
	says(0, "--normalize unit stands",
		"SECANT_WEIGHTS_FROM=http://127.0.0.1:1 " TRAIN "--encoder-weights imagenet --normalize unit --out two");
	says(0, "\"normalize\": \"unit\"", "cat two/config.json");
	/* a run that goes on asks for no weights */
	says(0, "", "mv cache gone && " TRAIN "--encoder-weights imagenet --epochs 2 --out one --resume && mv gone cache");
	says(0, "as it should be (the sum its fetch noted)", "$SECANT weights verify");
	says(0, "cache/mobilenet_v2.imagenet-e67aa804.safetensors", "$SECANT weights path mobilenet_v2");
	says(0, ": OK", "cd cache && sha256sum -c *.sha256");
	says(0, "here", "$SECANT weights list mobilenet_v2");
	says(0, "\"here\": true", "$SECANT weights list mobilenet_v2 --json");
	says(1, "1 of 1 file",
		"printf x | dd of=cache/mobilenet_v2.imagenet-e67aa804.safetensors bs=1 seek=5000 conv=notrunc "
		"2>&1 && $SECANT weights verify");
	says(0, "", "rm -r cache");
}

/* A folder as smp's hub has it, blue first, numbers of 0 to 255. */
static void
of_a_folder(void **state)
{
	says(0, "",
		"mkdir folder && cp model.safetensors folder && echo '{\"mean\": [25.5, 51, 76.5], \"std\": [51, 51, 25.5], "
		"\"input_space\": \"BGR\", \"input_range\": [0, 255]}' > folder/config.json");
	says(0, "normalised as for encoder weights folder: 0.3,0.2,0.1/0.1,0.2,0.2",
		TRAIN "--encoder-weights folder --out bgr");
	is_started_from("bgr", &encoder, "features.0.0.weight", true);
	says(1, "deviations must be above 0",
		"echo '{\"mean\": [0, 0, 0], \"std\": [1, 0, 1]}' > folder/config.json && " TRAIN
		"--encoder-weights folder --out bad");
	says(0, "nothing says how pictures were normalised", TRAIN "--encoder-weights ./model.safetensors --out plain");
	is_started_from("plain", &encoder, "", false);
}

/* A folder that smp.from_pretrained loads, and that comes back as it went. */
static void
exported_as_a_folder(void **state)
{
	says(0, "", "$SECANT export one/last.safetensors --out smp/");
	says(0, "\"_model_class\": \"Unet\"", "cat smp/config.json");
	assert_non_null(strstr(out, "\"encoder_weights\": null"));
	assert_non_null(strstr(out, "\"encoder_name\": \"mobilenet_v2\""));
	assert_non_null(strstr(out, "\"encoder_depth\": 5"));
	assert_null(strstr(out, "categories"));
	says(0, "--encoder mobilenet_v2", "$SECANT import smp --out again.safetensors");
	says(0, "",
		"$SECANT export again.safetensors --out again.pth && $SECANT export one/last.safetensors --out one.pth && "
		"cmp one.pth again.pth");
	says(0, "",
		"$SECANT train data --arch upernet --encoder resnet18 --epochs 1 --batch 2 --size 32 --threads 1 --out up && "
		"$SECANT export up/last.safetensors --out up-smp");
	says(0, "\"decoder_channels\": 256", "cat up-smp/config.json");
	/* as smp 0.4 said it */
	says(0, "--decoder-use-norm false",
		"$SECANT train data --arch pspnet --encoder resnet18 --decoder-use-norm identity --epochs 1 --batch 2 --size "
		"32 "
		"--threads 1 --out psp && $SECANT export psp/last.safetensors --out psp-smp && "
		"sed -i 's/\"decoder_use_norm\": [^,}]*/\"psp_use_batchnorm\": false/' psp-smp/config.json && "
		"grep -q psp_use_batchnorm psp-smp/config.json && $SECANT import psp-smp --out psp.safetensors");
	says(2, "the weights would replace the model",
		"cp one/last.safetensors smp/model.safetensors && $SECANT export "
		"smp/model.safetensors --out smp/ 2>&1");
}

static void
none_can_be_had(void **state)
{
	says(2, "has no weights 'imagenet1'; did you mean 'imagenet'?", TRAIN "--encoder-weights imagenet1 --out bad");
	says(0, "", TRAIN "--encoder-weights none --check");
	says(0, "\"normalize\": \"imagenet\"", TRAIN "--encoder-weights None --out scratch && cat scratch/config.json");
	assert_null(strstr(out, "tensors taken"));
	says(1, "there is no file ./imagenet.pth", TRAIN "--encoder-weights ./imagenet.pth --out bad");
	says(2, "no published weights are known for encoder tu-vit", "$SECANT weights fetch tu-vit");
	says(1, "and put it at cache/resnet34.imagenet-7a57b34f.safetensors",
		"SECANT_WEIGHTS_FROM=http://127.0.0.1:1 $SECANT weights fetch resnet34");
	assert_non_null(strstr(out,
		"fetch http://127.0.0.1:1/smp-hub/resnet34.imagenet/resolve/7a57b34f723329ff020b3f8bc41771163c519d0c/"
		"model.safetensors elsewhere"));
	says(2, "no encoder of pictures",
		"mkdir c && $SECANT train c --arch pointnet-cls --classes 2 --encoder-weights imagenet --out bad");
	says(0, "", "test ! -e bad && test ! -e cache/resnet34.imagenet-7a57b34f.safetensors");
	/* a file that another's name stands on */
	says(1, "the name says f37072fd",
		"mkdir -p torch/hub/checkpoints && cp model.safetensors torch/hub/checkpoints/resnet18-f37072fd.pth && "
		"$SECANT weights verify resnet18 imagenet1k-v1");
}

/* "blocks.2.1.conv_dw.weight" as EfficientNet-PyTorch counts: "_blocks.4._depthwise_conv.weight". */
static bool
as_lukemelas(const char *own, char *theirs, size_t n)
{
	static const int first[] = { 0, 1, 3, 5, 8, 11, 15 };
	static const char *const wide[][2] = { { "conv_pw.", "_expand_conv." }, { "bn1.", "_bn0." },
		{ "conv_dw.", "_depthwise_conv." }, { "bn2.", "_bn1." }, { "conv_pwl.", "_project_conv." },
		{ "bn3.", "_bn2." } };
	static const char *const plain[][2] = { { "conv_dw.", "_depthwise_conv." }, { "bn1.", "_bn1." },
		{ "conv_pw.", "_project_conv." }, { "bn2.", "_bn2." } };
	static const char *const ends[][2] = { { "conv_stem.", "_conv_stem." }, { "bn1.", "_bn0." },
		{ "conv_head.", "_conv_head." }, { "bn2.", "_bn1." } };
	int stage, at, length;
	bool block = sscanf(own, "blocks.%d.%d.%n", &stage, &at, &length) == 2;
	const char *const(*list)[2] = !block ? ends : stage ? wide : plain;
	const char *rest = block ? own + length : own;
	for (int i = 0; i < (block && stage ? 6 : 4); i++)
		if (!strncmp(rest, list[i][0], strlen(list[i][0]))) {
			int used = block ? snprintf(theirs, n, "_blocks.%d.", first[stage] + at) : 0;
			snprintf(theirs + used, n - (size_t)used, "%s%s", list[i][1], rest + strlen(list[i][0]));
			return true;
		}
	fail_msg("%s has no name there", own);
	return false;
}

static void
of_another_librarys_names(void **state)
{
	secant_tensors theirs = { 0 }, ours = { 0 };
	char path[300];
	make_encoder("timm-tf_efficientnet_lite0", &theirs, as_lukemelas);
	make_encoder("timm-tf_efficientnet_lite0", &ours, as_it_is);
	snprintf(path, sizeof path, "%s/lite0.pth", dir);
	assert_int_equal(secant_tensors_write(&theirs, NULL, path, NULL), SECANT_OK);
	says(0, "have names of another library",
		"$SECANT train data --encoder timm-tf_efficientnet_lite0 --epochs 1 --batch 2 --size 32 "
		"--threads 1 --freeze encoder --encoder-weights lite0.pth --out lite");
	assert_null(strstr(out, "keep their start"));
	assert_null(strstr(out, "are not used"));
	is_started_from("lite", &ours, "", false);
	secant_tensors_free(&theirs);
	secant_tensors_free(&ours);
}

/* Every row is of an encoder that is there; addresses are as published. */
static void
the_table_holds(void **state)
{
	for (int i = 0; secant_weight_at(i); i++) {
		const secant_weight *w = secant_weight_at(i);
		assert_non_null(nn_encoder_find(w->encoder));
		assert_ptr_equal(secant_weight_find(w->encoder, w->name, NULL), w);
		if (w->digits)
			assert_non_null(strstr(w->address, w->digits));
		if (w->repo)
			assert_int_equal(strlen(w->revision), 40);
		float scale[3], shift[3];
		assert_int_equal(prepare_normalize_parse(w->normalize, 3, scale, shift, NULL), SECANT_OK);
	}
	char *address = secant_weight_address(secant_weight_find("resnet34", "imagenet", NULL));
	assert_string_equal(address,
		"https://huggingface.co/smp-hub/resnet34.imagenet/resolve/"
		"7a57b34f723329ff020b3f8bc41771163c519d0c/model.safetensors");
	secant_free(address);
}

int
main(void)
{
	unsetenv("SECANT_WEIGHTS_FROM");
	unsetenv("HF_ENDPOINT");
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table_holds),
		cmocka_unit_test(fetched_by_name),
		cmocka_unit_test(of_a_folder),
		cmocka_unit_test(exported_as_a_folder),
		cmocka_unit_test(none_can_be_had),
		cmocka_unit_test(of_another_librarys_names),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
