#!/bin/sh
# The linter finds what it is there to find: a small tree with one fault of each kind, and every finding expected by file, line and words.
# A tree without faults is clean.
set -eu
here=$(pwd)
tree=$(mktemp -d "${TMPDIR:-/tmp}/secant-lint-XXXXXX")
trap 'rm -rf "$tree"' EXIT
cd "$tree"
mkdir -p cmake include/secant src/base src/graph src/nn src/exec/dnnl src/codec tools tests/fuzz/corpus/x
cp "$here/cmake/lint.sh" cmake/
fail() { echo "lint test: $1" >&2; exit 1; }

echo '/* x */ int x(void); void secant_free(void *p);' > include/secant/base.h
printf '/* x */\n#define GRAPH_H\ntypedef struct graph_edge {\n\tint a;\n} graph_edge;\nint graph_first(void);\nint secant_free(void);\n' > src/graph/graph.h
printf '/* x */\n#include <secant/base.h>\n#include <stdio.h>\n#include "graph/graph.h"\n#include "base/mem.h"\n' > src/nn/good.c
printf '/* malloc() in a comment,\n * printf("too") */\n// free(x)\nconst char *s = "exit(1) and \\" abort()"; void f(void) { x->free(p); secant_free(p); snprintf(a, 1, "x"); }\n' > src/nn/words.c
printf '/* x */\n#include <dnnl.h>\n' > src/exec/dnnl/a.c
printf '/* x */\nvoid *p = malloc(1);\n' > src/base/mem.c
printf '/* x */\n#include "command.h"\n#include <jansson.h>\n#include <secant/base.h>\nint f(void) { printf("x"); free(0); }\n' > tools/cmd_x.c
echo '/* x */' > tests/fuzz/fuzz_x.c
echo x > tests/fuzz/corpus/x/one
cmake/lint.sh > out 2>&1 || { cat out; fail "a clean tree is not clean"; }

printf '/* x */\n#include "nn/nn.h"\n#include <secant/codec.h>\n#include <dnnl.h>\n#include <secant/nowhere.h>\n#include "nowhere/x.h"\n' > src/graph/bad.c
printf '/* x */\n#include <dnnl.h>\n' > src/exec/bad.c
printf '/* x */\n#include "base/mem.h"\n' > tools/bad.c
printf '/* x */\nvoid f(void) {\n\tfree(malloc(1)); /* y */\n\tprintf ("x");\n\tstrcpy(a, b);\n}\n/* TODO: later */\n' > src/nn/bad.c
printf 'int x;\n' > src/codec/bad.c
echo '/* x */ static size_t x(void);' > include/secant/bad.h
printf '/* x */\ntypedef struct graph_edge {\n\tint a;\n} graph_edge;\nint other_first(void);\nint secant_hidden(void);\n' > src/graph/bad.h
echo '/* x */' > tests/fuzz/fuzz_empty.c
mkdir tests/fuzz/corpus/orphan
mkdir -p src/annotations src/data src/formats/onnx
printf 'FORMAT(voc)\nFORMAT(voc_seg)\n' > src/annotations/annotations.inc
printf '/* x */\nbool own(const char *x) { return !strcmp(x, "voc"); }\n' > src/annotations/voc_write.c
printf '/* x */\nbool f(const char *x) { return !strcmp(x, "voc") || strncmp("voc-seg", x, 7); }\n' > src/data/names.c
printf '/* x */\nbool f(const node *n) { return strcmp(n->op->name, "relu") && strcmp(stop, "relu"); }\n' > src/exec/names.c
cp src/exec/names.c src/formats/onnx/names.c
! cmake/lint.sh > out 2>&1 || fail "faults were not found"
expect() { grep -qF "$1" out || { cat out; fail "expected '$1'"; }; }
expect 'src/graph/bad.c:2: room graph may not include "nn/nn.h" of room nn'
expect 'src/graph/bad.c:3: room graph may not include <secant/codec.h> of room codec'
expect 'src/graph/bad.c:4: room graph may not include <dnnl.h>, only exec/dnnl'
expect 'src/graph/bad.c:5: no room is known for <secant/nowhere.h>'
expect 'src/graph/bad.c:6: "nowhere/x.h" is in no room'
expect 'src/exec/bad.c:2: room exec may not include <dnnl.h>, only exec/dnnl'
expect 'tools/bad.c:2: tools may include public headers <secant/...> and their own only, not "base/mem.h"'
expect 'src/nn/bad.c:3: free() is banned'
expect 'src/nn/bad.c:4: printf() is banned'
expect 'src/nn/bad.c:5: strcpy() is banned'
expect 'src/nn/bad.c:7: unfinished work'
expect 'src/codec/bad.c:1: a file opens with a comment'
expect 'include/secant/bad.h:1: does not compile alone as c99'
expect 'tests/fuzz/fuzz_empty.c:1: tests/fuzz/corpus/empty is missing or empty'
expect 'tests/fuzz/corpus/orphan/:1: a corpus without a target'
expect 'src/graph/graph.h:5: "graph_edge" is defined in src/graph/bad.h too'
expect 'src/graph/bad.h:5: "other_first" does not begin with the prefix of room graph: graph'
expect 'src/graph/bad.h:6: "secant_hidden" is in no public header: name it after its room'
expect 'src/data/names.c:2: "voc" is a name of another file (src/annotations/annotations.inc): ask its descriptor'
expect 'src/data/names.c:2: "voc-seg" is a name of another file'
expect 'src/exec/names.c:2: an operator is known by its descriptor'
[ "$(grep -cE '^[a-z].*:[0-9]+: ' out)" = 23 ] || { cat out; fail "expected 23 findings"; }
echo "lint: finds what it should"
