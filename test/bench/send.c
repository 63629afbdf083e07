// Sends packets with invented sources as fast, or as evenly, as it is told: floods, scans, and many knocks at once.
//
//     send IFACE DESTINATION_MAC DESTINATION_IP tcp|udp|spa RATE COUNT SOURCES FIRST_SOURCE < ports
//
// Each source sends to all ports in their order, then comes the next source. RATE is packets a second, 0 for all that goes.
// FIRST_SOURCE is an address to count up from, or "scattered": SOURCES different ones all over 16.0.0.0/4.
// TCP packets are SYNs; spa is UDP that looks like a signed packet, of random characters. Prints the packets sent and the seconds they took.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ether.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BATCH = 64, PORTS_MAX = 1 << 17, FRAME = 64 + 256, SPA_CHARACTERS = 204, NAP_NS = 200000 };

struct segment {
  struct ether_header ether;
  struct iphdr ip;
  union {
    struct tcphdr tcp;
    struct udphdr udp;
  };
} __attribute__((packed));

static unsigned char frames[BATCH][FRAME];
static uint16_t ports[PORTS_MAX];
static long port_count;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

static uint32_t sum(const void *bytes, int length, uint32_t start) {
  const uint16_t *words = bytes;
  for (int at = 0; at < length / 2; at++) start += words[at];
  return start;
}

static uint16_t folded(uint32_t total) {
  while (total >> 16) total = (total & 0xffff) + (total >> 16);
  return ~total;
}

static void fill(struct segment *s, int tcp, uint32_t source, uint16_t port, uint32_t noise) {
  int length = tcp ? sizeof s->tcp : sizeof s->udp;
  s->ip.saddr = htonl(source);
  s->ip.id = noise;
  s->ip.check = 0;
  s->ip.check = folded(sum(&s->ip, sizeof s->ip, 0));
  uint32_t pseudo = sum(&s->ip.saddr, 8, htons(s->ip.protocol) + htons(length));
  uint16_t from = htons(1024 + noise % 60000);
  if (tcp) {
    s->tcp.source = from;
    s->tcp.dest = htons(port);
    s->tcp.seq = noise;
    s->tcp.check = 0;
    s->tcp.check = folded(sum(&s->tcp, length, pseudo));
  } else {
    s->udp.source = from;
    s->udp.dest = htons(port);
    s->udp.check = 0;
    s->udp.check = folded(sum(&s->udp, length, pseudo));
  }
}

/** The first character and the length of a packet, and characters that nobody has signed. */
static void look_signed(unsigned char *text, uint32_t noise) {
  static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  text[0] = '8';
  for (int at = 1; at < SPA_CHARACTERS; at++) {
    noise = noise * 1664525 + 1013904223;
    text[at] = base64[noise >> 26];
  }
}

int main(int argc, char **argv) {
  if (argc != 9) return fprintf(stderr, "usage: see the head of send.c\n"), 64;
  int tcp = strcmp(argv[4], "tcp") == 0, spa = strcmp(argv[4], "spa") == 0;
  double rate = atof(argv[5]);
  long count = atol(argv[6]), sources = atol(argv[7]);
  int scattered = strcmp(argv[8], "scattered") == 0;
  uint32_t first = scattered ? 0 : ntohl(inet_addr(argv[8]));
  for (int port; port_count < PORTS_MAX && scanf("%d", &port) == 1;) ports[port_count++] = port;

  prctl(PR_SET_TIMERSLACK, 1);
  int out = socket(AF_PACKET, SOCK_RAW, 0), one = 1;
  struct ifreq request = {0};
  strncpy(request.ifr_name, argv[1], IFNAMSIZ - 1);
  if (out < 0 || port_count == 0 || ioctl(out, SIOCGIFHWADDR, &request) < 0) return perror("send"), 71;
  struct segment head = {.ether.ether_type = htons(ETHERTYPE_IP)};
  memcpy(head.ether.ether_shost, request.ifr_hwaddr.sa_data, 6);
  memcpy(head.ether.ether_dhost, ether_aton(argv[2]), 6);
  int length = tcp ? sizeof head.tcp : sizeof head.udp + (spa ? SPA_CHARACTERS : 0);
  head.ip = (struct iphdr){.version = 4, .ihl = 5, .ttl = 64, .protocol = tcp ? IPPROTO_TCP : IPPROTO_UDP};
  head.ip.tot_len = htons(sizeof head.ip + length);
  head.ip.daddr = inet_addr(argv[3]);
  if (tcp) head.tcp.doff = 5, head.tcp.syn = 1, head.tcp.window = htons(64240);
  else head.udp.len = htons(length);
  ioctl(out, SIOCGIFINDEX, &request);
  struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_ifindex = request.ifr_ifindex, .sll_protocol = htons(ETH_P_IP)};
  if (bind(out, (struct sockaddr *)&to, sizeof to) < 0) return perror("send: bind"), 71;
  setsockopt(out, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof one);

  struct iovec parts[BATCH];
  struct mmsghdr messages[BATCH] = {0};
  for (int at = 0; at < BATCH; at++) {
    memcpy(frames[at], &head, sizeof head);
    parts[at] = (struct iovec){frames[at], sizeof head.ether + sizeof head.ip + length};
    messages[at].msg_hdr.msg_iov = &parts[at];
    messages[at].msg_hdr.msg_iovlen = 1;
  }
  uint32_t noise = 12345;
  double start = now();
  for (long sent = 0; sent < count;) {
    long due = rate > 0 ? (long)((now() - start) * rate) + 1 : count;
    if (due > count) due = count;
    int batch = due - sent > BATCH ? BATCH : due - sent;
    if (batch <= 0) {
      nanosleep(&(struct timespec){0, NAP_NS}, NULL);
      continue;
    }
    for (int at = 0; at < batch; at++) {
      uint32_t number = (sent + at) / port_count % sources;
      uint32_t source = scattered ? 0x10000000 | (number * 0x9e3779b1u & 0x0fffffff) : first + number;
      noise = noise * 1664525 + 1013904223;
      fill((struct segment *)frames[at], tcp, source, ports[(sent + at) % port_count], noise >> 8);
      if (!spa) continue;
      look_signed(frames[at] + sizeof head.ether + sizeof head.ip + sizeof head.udp, noise);
      ((struct segment *)frames[at])->udp.check = 0; // None: allowed over IPv4 (RFC 768).
    }
    for (int done = 0; done < batch;) {
      int n = sendmmsg(out, messages + done, batch - done, 0);
      if (n > 0) done += n; // Else the device's queue is full: again.
    }
    sent += batch;
  }
  printf("{\"sent\": %ld, \"seconds\": %.6f}\n", count, now() - start);
  return 0;
}
