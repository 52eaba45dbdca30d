/* What `secant doc` prints, apart from the pages themselves: text into a stream, all of it from the tables. */
#ifndef TOOLS_DOC_H
#define TOOLS_DOC_H
#include "command.h"

void doc_man(FILE *to); /* secant(1), in man macros */
void doc_completion_bash(FILE *to);
void doc_completion_zsh(FILE *to);
void doc_completion_fish(FILE *to);
#endif
