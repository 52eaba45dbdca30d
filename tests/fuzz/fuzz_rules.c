/* Class rules (`--rule`) and views (`--tta`): the first byte chooses. What is read is asked on a picture of one pixel,
 * with a band that is 0. */
#include "deploy/predictor.h"
#include "deploy/rules.h"
#include <stdlib.h>

enum { CLASSES = 3, BANDS = 4 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
ask(const deploy_rules *rules)
{
	float pixel[BANDS] = { 0, 1.5f, -2, 1e30f };
	secant_image image = { .width = 1, .height = 1, .channels = BANDS, .dtype = SECANT_F32, .data = pixel };
	secant_err err = { 0 };
	if (rules->n < 0 || rules->n > DEPLOY_MOST_RULES)
		abort();
	for (int i = 0; i < rules->n; i++)
		if (rules->v[i].class < 0 || rules->v[i].class >= CLASSES || rules->v[i].a < 0 || rules->v[i].b < 0)
			abort();
	if (!deploy_rules_check(rules, BANDS, &err))
		for (int k = 0; k < CLASSES; k++)
			(void)deploy_rules_allow(rules, k, &image, 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char names[CLASSES][16] = { "free", "vegetation", "2" }, *const each[] = { names[0], names[1], names[2] };
	secant_err err = { 0 };
	char *text = size ? base_strndup((const char *)data + 1, size - 1) : NULL;
	if (!text)
		return 0;
	if (data[0] & 1) {
		deploy_views views = { 0 };
		if (!deploy_views_parse(&views, text, &err) && (views.n < 1 || views.n > DEPLOY_MOST_VIEWS))
			abort();
	} else {
		deploy_rules rules = { 0 };
		if (!deploy_rules_parse(&rules, text, each, CLASSES, CLASSES, &err))
			ask(&rules);
	}
	secant_free(text);
	return 0;
}
