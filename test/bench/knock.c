// Knocks, then looks from outside whether the door is open: datagrams to the hidden port, which an echo sends back.
//
//     knock HOST one|all GAP_US PROBE_US LIMIT_MS < plan
//
// A line of the plan is a knocker: `SOURCE STEPS DOOR`, such as `10.78.0.1 7000/tcp,8000/udp 2201`; `-` for no steps at all.
// `one`: one knocker after the other; `all`: all do the same step, then wait GAP_US, and so on. Prints a line a knocker: the
// microseconds from the last step's sending to the sending of the first datagram that came back, or `-` after LIMIT_MS.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { KNOCKERS_MAX = 4096, STEPS_MAX = 32 };

struct knocker {
  struct sockaddr_in source, door;
  int step_ports[STEPS_MAX], step_tcp[STEPS_MAX], steps, probe;
  long knocked_ns, open_us;
};

static struct knocker knockers[KNOCKERS_MAX];
static struct in_addr host;
static long gap_us, probe_us, limit_ms;

static long now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000L + t.tv_nsec;
}

static void nap(long us) {
  if (us > 0) nanosleep(&(struct timespec){us / 1000000, us % 1000000 * 1000}, NULL);
}

static int bound(struct knocker *k, int type) {
  int s = socket(AF_INET, type | SOCK_NONBLOCK, 0), one = 1;
  setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (s < 0 || bind(s, (struct sockaddr *)&k->source, sizeof k->source) < 0) perror("knock: bind"), exit(71);
  return s;
}

static void do_step(struct knocker *k, int step) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr = host, .sin_port = htons(k->step_ports[step])};
  int s = bound(k, k->step_tcp[step] ? SOCK_STREAM : SOCK_DGRAM);
  k->knocked_ns = now();
  // A connection that is closed at once has sent its SYN and never sends another.
  if (k->step_tcp[step]) connect(s, (struct sockaddr *)&to, sizeof to);
  else sendto(s, "", 1, 0, (struct sockaddr *)&to, sizeof to);
  close(s);
}

static void probe(struct knocker *k) {
  long sent_ns = now();
  sendto(k->probe, &sent_ns, sizeof sent_ns, 0, (struct sockaddr *)&k->door, sizeof k->door);
}

/** Each datagram carries the time of its sending; the first one back is the first that got in. */
static int heard(struct knocker *k) {
  long sent_ns;
  if (k->open_us < 0 && recv(k->probe, &sent_ns, sizeof sent_ns, 0) == sizeof sent_ns)
    k->open_us = (sent_ns - k->knocked_ns) / 1000;
  return k->open_us >= 0;
}

/** Until all are in, or it is too late. */
static void look(struct knocker *from, int count) {
  long end = now() + limit_ms * 1000000, wake = now();
  for (int missing = count; missing > 0 && now() < end;) {
    for (int at = 0; at < count; at++)
      if (from[at].open_us < 0) probe(&from[at]);
    wake += probe_us * 1000;
    if (wake < now()) wake = now();
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &(struct timespec){wake / 1000000000, wake % 1000000000}, NULL);
    missing = 0;
    for (int at = 0; at < count; at++) missing += !heard(&from[at]);
  }
}

static void knock(struct knocker *from, int count) {
  for (int at = 0; at < count; at++) from[at].probe = bound(&from[at], SOCK_DGRAM), from[at].knocked_ns = now();
  for (int step = 0; step < from[0].steps; step++) {
    if (step > 0) nap(gap_us);
    for (int at = 0; at < count; at++) do_step(&from[at], step);
  }
  look(from, count);
  for (int at = 0; at < count; at++) close(from[at].probe);
}

int main(int argc, char **argv) {
  if (argc != 6 || !inet_aton(argv[1], &host)) return fprintf(stderr, "usage: see the head of knock.c\n"), 64;
  int together = strcmp(argv[2], "all") == 0, count = 0, door;
  gap_us = atol(argv[3]), probe_us = atol(argv[4]), limit_ms = atol(argv[5]);
  prctl(PR_SET_TIMERSLACK, 1);
  char source[64], steps[1024];
  while (count < KNOCKERS_MAX && scanf("%63s %1023s %d", source, steps, &door) == 3) {
    struct knocker *k = &knockers[count++];
    k->source.sin_family = k->door.sin_family = AF_INET;
    inet_aton(source, &k->source.sin_addr);
    k->door.sin_addr = host;
    k->door.sin_port = htons(door);
    k->open_us = -1;
    if (*steps == '-') continue;
    for (char *word = strtok(steps, ","); word != NULL && k->steps < STEPS_MAX; word = strtok(NULL, ",")) {
      k->step_tcp[k->steps] = strstr(word, "/tcp") != NULL;
      k->step_ports[k->steps++] = atoi(word);
    }
  }
  if (together) knock(knockers, count);
  for (int at = 0; at < count; at++) {
    if (!together) knock(&knockers[at], 1);
    if (knockers[at].open_us < 0) puts("-");
    else printf("%ld\n", knockers[at].open_us);
  }
  return 0;
}
