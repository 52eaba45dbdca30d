/* A page of HTML that holds all of its pictures: what a run or an evaluation has to show. */
#ifndef JUDGE_PAGE_H
#define JUDGE_PAGE_H
#include <secant/train.h>
#include "draw/chart.h"
#include "judge/view.h"

typedef struct judge_fact {
	const char *name;
	char text[200];
} judge_fact;

typedef struct judge_page {
	const char *title;
	const judge_fact *facts; /* n_facts lines at the top */
	int n_facts;
	const draw_figure *curves; /* every part but the title may be NULL */
	const secant_scores *scores;
	const judge_cases *cases;
	const data_samples *samples; /* the cases' names */
	const char *settings; /* options as text */
} judge_page;

/* Atomic. */
secant_status judge_page_write(const judge_page *p, const char *path, secant_err *err) SECANT_NODISCARD;
#endif
