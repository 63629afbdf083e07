// Preloaded into tcpdump: notes when each packet is about to be written to the pipe, in microseconds since 1970.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static int out = -1;

__attribute__((constructor)) static void begin(void) {
  const char *file = getenv("FLUSH_TIMES");
  if (file != NULL) out = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
}

int fflush(FILE *stream) {
  static int (*real)(FILE *);
  if (real == NULL) real = (int (*)(FILE *))dlsym(RTLD_NEXT, "fflush");
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  const int result = real(stream);
  if (out >= 0) dprintf(out, "%lld\n", now.tv_sec * 1000000LL + now.tv_nsec / 1000);
  return result;
}
