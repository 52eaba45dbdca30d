/*
 * Arrays through one model on two threads in C++, each with a session of its own.
 *
 *     c++ -std=c++17 sessions.cpp $(pkg-config --cflags --libs secant-deploy) -pthread -o sessions
 *     ./sessions model.safetensors
 */
#include <cstdio>
#include <secant/session.h>
#include <thread>
#include <vector>

static void
run(secant_engine *engine, float red, float *probability)
{
	secant_err err = {};
	const char *wanted = "probabilities";
	secant_session *s = secant_engine_session(engine, &wanted, 1, &err);
	std::vector<float> pixels(8 * 8 * 3, 0.f);
	pixels[0] = red;
	secant_tensor in = { SECANT_F32, { 4, { 1, 8, 8, 3 } }, pixels.data(), nullptr }, out = {};
	if (s && secant_session_run(s, &in, &out, &err) == SECANT_OK)
		*probability = static_cast<const float *>(out.data)[0];
	else
		std::fprintf(stderr, "sessions: %s\n", err.msg);
	secant_session_free(s);
}

int
main(int argc, char **argv)
{
	secant_err err = {};
	secant_engine *engine = argc > 1 ? secant_engine_open(argv[1], nullptr, &err) : nullptr;
	if (!engine) {
		std::fprintf(stderr, "sessions: %s\n", argc > 1 ? err.msg : "usage: sessions MODEL");
		return 1;
	}
	float a = -1, b = -1;
	std::thread one(run, engine, 0.f, &a), two(run, engine, 200.f, &b);
	one.join();
	two.join();
	std::printf("%s of '%s': %.3f %.3f\n", secant_engine_output(engine, 0)->name, secant_engine_input(engine, 0)->name,
		static_cast<double>(a), static_cast<double>(b));
	secant_engine_close(engine);
	return a < 0 || b < 0;
}
